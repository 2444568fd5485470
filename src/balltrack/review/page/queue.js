// The clips of a folder, and how far each is.
import { $, ask, say } from "./talking.js";

function list(clips) {
  say(`${clips.filter((clip) => clip.done).length} of ${clips.length} done`);
  for (const [number, clip] of clips.entries()) {
    const row = $("clips").insertRow();
    const link = document.createElement("a");
    link.href = `../clip/${number}/`;
    link.textContent = clip.video;
    row.insertCell().append(link);
    row.insertCell().textContent = clip.labels || "none";
    row.insertCell().textContent = clip.steps;
    row.insertCell().textContent = clip.done ? "done" : clip.steps ? "begun" : "new";
  }
}

ask("../clips").then(list, (error) => say(error.message, true));
