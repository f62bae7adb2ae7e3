/** Selects images to save: SPACE marks, ENTER continues. */
import { shortId } from "../../provider/model/images/digest.js";
import { oneLine } from "../../provider/shared/foreign-text.js";
import { elementOf } from "../../provider/shared/lookup.js";
import { type ImageRow, notes } from "./rows.js";

export async function pick(rows: ImageRow[], coloured: boolean): Promise<ImageRow[]> {
  const { default: checkbox, Separator } = await import("@inquirer/checkbox");
  const head = ["Image", "Service", "Image-Id", "Match"];
  const cellsOf = ({ image, services, id, match }: ImageRow) => [
    ...[oneLine(image), services.join(","), id === undefined ? "" : shortId(id), notes[match]],
  ];
  const lines = [head, ...rows.map(cellsOf)];
  const widths = head.map((_, at) => Math.max(...lines.map((cells) => elementOf(cells, at).length)));
  const line = (cells: string[]) =>
    cells
      .map((cell, at) => cell.padEnd(elementOf(widths, at)))
      .join(" | ")
      .trimEnd();
  const choices = rows.map((row) => ({
    name: line(cellsOf(row)),
    short: row.services.join(", "),
    value: row,
    checked: row.match === "match",
  }));
  // The cursor and the mark take three columns.
  const above = [line(head), "-".repeat(line(head).length)].map((text) => new Separator(`  ${text}`));
  return checkbox({
    message: "Please choose your images for save (press SPACE to mark, ENTER to continue, Ctrl+C to exit):",
    choices: [...above, ...choices],
    pageSize: Math.max(5, (process.stdout.rows ?? 24) - 6),
    loop: false,
    theme: {
      icon: { cursor: ">", checked: "*", unchecked: " " },
      ...(coloured ? {} : { prefix: "", style: plain }),
    },
  });
}

const same = (text: string) => text;
const plain = { message: same, answer: same, highlight: same, keysHelpTip: () => undefined };
