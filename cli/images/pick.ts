/** Selects images to save: SPACE marks, ENTER continues. */
import { shortId } from "../../provider/model/images/digest.js";
import { type ImageRow, imageCells } from "./rows.js";

export async function pick(rows: ImageRow[], coloured: boolean): Promise<ImageRow[]> {
  const { default: checkbox, Separator } = await import("@inquirer/checkbox");
  const head = ["Image", "Service", "Image-Id", "Match"];
  const cells = rows.map((row) => [
    row.image,
    row.services.join(","),
    row.id === undefined ? "" : shortId(row.id),
    imageCells([row])[1]![0]!.split("\n")[1]!,
  ]);
  const widths = head.map((_, at) => Math.max(...[head, ...cells].map((row) => row[at]!.length)));
  const line = (row: string[]) =>
    row
      .map((cell, at) => cell.padEnd(widths[at]!))
      .join(" | ")
      .trimEnd();
  const choices = rows.map((row, at) => ({
    name: line(cells[at]!),
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
