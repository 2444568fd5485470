// The video that plays, or one frame after the other until there is a video.
import { frameAt } from "./rows.js";
import { hush, show, showPicture, state, stay, tell, video } from "./showing.js";
import { $, ask, say } from "./talking.js";

let ready = false; // whether the browser has a video to play

function stop() {
  state.playing = null;
  video.pause();
  $("play").textContent = "Play";
}

export function pause() {
  stop();
  return show(state.frame); // exactly
}

export async function play() {
  if (state.playing) return pause();
  hush();
  stay();
  const mine = (state.playing = {});
  $("play").textContent = "Pause";
  if (ready) {
    video.currentTime = state.times[state.frame] + 1e-3;
    return video.play().catch(() => {}); // it was stopped before it began
  }
  while (state.playing === mine && state.wanted < state.frames - 1) {
    const before = state.frame;
    await show(state.wanted + 1);
    if (state.frame === before) break;
  }
  if (state.playing === mine) stop();
}

// With the time of the picture that is on the screen, where the browser tells.
function follow(_, told) {
  if (state.playing && !video.paused) {
    state.wanted = frameAt(state.times, told?.mediaTime ?? video.currentTime);
    showPicture(state.wanted, video);
  }
  if (video.requestVideoFrameCallback) video.requestVideoFrameCallback(follow);
  else requestAnimationFrame(follow);
}

function begin() {
  ready = true;
  tell();
  follow();
}

function howFar({ failure, ready, total, done }) {
  if (failure) return `the video cannot be played, single frames can: ${failure}`;
  const part = total ? `${Math.round((100 * done) / total)} %` : `${done} frames`;
  return ready ? "" : `preparing the video for this browser: ${part}`;
}

export async function prepareVideo() {
  try {
    const told = await ask("playback");
    $("left").dataset.video = howFar(told);
    tell();
    if (told.failure) return;
    if (!told.ready) return setTimeout(prepareVideo, 1000);
    video.src = "video";
    video.addEventListener("loadeddata", begin, { once: true });
    video.addEventListener("error", () => ((ready = false), state.playing && pause()));
    video.addEventListener("ended", () => {
      if (!state.playing) return;
      state.frame = state.frames - 1;
      pause();
    });
  } catch (error) {
    say(error.message, true);
  }
}
