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

export async function prepareVideo() {
  try {
    const told = await ask("playback");
    if (told.failure) return say(`the video cannot be played, single frames can: ${told.failure}`, true);
    if (!told.ready) {
      const part = told.total ? `${Math.round((100 * told.done) / told.total)} %` : `${told.done} frames`;
      $("left").dataset.video = `preparing the video for this browser: ${part}`;
      tell();
      return setTimeout(prepareVideo, 1000);
    }
    $("left").dataset.video = "";
    video.src = "video";
    video.addEventListener("loadeddata", begin, { once: true });
    video.addEventListener("error", () => ((ready = false), state.playing && pause()));
    video.addEventListener("ended", () => {
      if (!state.playing) return;
      state.frame = state.frames - 1;
      pause();
    });
    tell();
  } catch (error) {
    say(error.message, true);
  }
}
