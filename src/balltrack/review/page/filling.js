// The ball between two corrected frames, on a straight line.
import { isFilled, isSeen, placed, rowOf } from "./rows.js";

// The rows to be filled in around the frame that is shown; or in a sentence why there are none.
// They lie between the nearest frames that a person said something of, so that none is overwritten.
export function between(state) {
  const { corrected, rows, frame } = state;
  const said = [...corrected].filter((one) => !isFilled(rows, one)).sort((a, b) => a - b);
  let before = said.filter((one) => one < frame).pop();
  let after = said.find((one) => one >= frame);
  if (before === undefined && after === frame) [before, after] = [frame, said[1]];
  if (before === undefined || after === undefined) {
    return "put the ball right in a frame before and one after first";
  }
  const empty = [before, after].find((one) => !isSeen(rows, one));
  if (empty !== undefined) {
    return `nothing is filled in: you said that there is no ball in frame ${empty}`;
  }
  if (rows.shot[before] !== rows.shot[after]) {
    return "there is a cut between the two corrected frames";
  }
  const filled = [];
  for (let one = before + 1; one < after; one++) {
    const share = (one - before) / (after - before);
    const way = ({ [before]: first, [after]: last }) => first + share * (last - first);
    const place = [way(rows.x), way(rows.y)];
    filled.push({ ...placed(rowOf(state, one), place), filled: true });
  }
  return filled.length ? filled : "there is nothing between the two corrected frames";
}
