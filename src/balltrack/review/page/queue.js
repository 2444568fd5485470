// The clips of a folder, and how far each is.
const clips = await (await fetch("../clips")).json();
const done = clips.filter((clip) => clip.done).length;
document.getElementById("message").textContent = `${done} of ${clips.length} done`;
for (const [number, clip] of clips.entries()) {
  const row = document.getElementById("clips").insertRow();
  const link = document.createElement("a");
  link.href = `../clip/${number}/`;
  link.textContent = clip.video;
  row.insertCell().append(link);
  row.insertCell().textContent = clip.labels || "none";
  row.insertCell().textContent = clip.steps;
  row.insertCell().textContent = clip.done ? "done" : clip.steps ? "begun" : "new";
}
