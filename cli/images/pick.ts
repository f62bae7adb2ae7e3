/** SPACE marks, ENTER goes on: which images are to be saved. */
import { shortId } from "../../provider/model/differences.js";
import { type ImageRow, imageCells } from "./rows.js";

export async function pick(rows: ImageRow[]): Promise<ImageRow[]> {
  const { default: checkbox } = await import("@inquirer/checkbox");
  const cells = rows.map((row) => [
    row.image,
    row.services.join(","),
    row.id === undefined ? "" : shortId(row.id),
    imageCells([row])[1]![0]!.split("\n")[1]!,
  ]);
  const widths = [0, 1, 2].map((at) => Math.max(...cells.map((row) => row[at]!.length)));
  const choices = rows.map((row, at) => ({
    name: cells[at]!.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | "),
    value: row,
    checked: row.match === "match",
  }));
  return checkbox({
    message: "Please choose your images for save (press SPACE to mark, ENTER to continue, Ctrl+C to exit):",
    choices,
    pageSize: Math.max(5, (process.stdout.rows ?? 24) - 4),
  });
}
