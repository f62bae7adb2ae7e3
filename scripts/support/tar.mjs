import { createHash } from "node:crypto";

const block = 512;

/**
 * Creates a tar archive of the entries: `{ path, content?, link?, folder?, mode?, uid?, gid? }`. It contains no times,
 * so that equal entries always give equal bytes (and an image the same id on every machine).
 */
export function tar(entries) {
  const parts = [];
  for (const entry of entries) {
    const content = Buffer.from(entry.content ?? "");
    parts.push(
      header(entry, content.length),
      content,
      Buffer.alloc((block - (content.length % block)) % block),
    );
  }
  return Buffer.concat([...parts, Buffer.alloc(2 * block)]);
}

export function sha256(content) {
  return createHash("sha256").update(content).digest("hex");
}

function header({ path, link, folder, mode, uid = 0, gid = 0 }, size) {
  const bytes = Buffer.alloc(block);
  const { name, prefix } = split(folder ? `${path}/` : path);
  const octal = (value, length) => value.toString(8).padStart(length - 1, "0") + "\0";
  bytes.write(name, 0);
  bytes.write(octal(mode ?? (folder ? 0o755 : 0o644), 8), 100);
  bytes.write(octal(uid, 8), 108);
  bytes.write(octal(gid, 8), 116);
  bytes.write(octal(size, 12), 124);
  bytes.write(octal(0, 12), 136);
  bytes.write(" ".repeat(8), 148);
  bytes.write(link ? "2" : folder ? "5" : "0", 156);
  bytes.write(link ?? "", 157);
  bytes.write("ustar\x0000", 257, "latin1");
  bytes.write(prefix, 345);
  bytes.write(
    octal(
      bytes.reduce((sum, byte) => sum + byte, 0),
      7,
    ) + " ",
    148,
  );
  return bytes;
}

/** ustar stores a path in two fields of 100 and 155 bytes. */
function split(path) {
  if (path.length <= 100) return { name: path, prefix: "" };
  const cut = path.indexOf("/", path.length - 101);
  return { name: path.slice(cut + 1), prefix: path.slice(0, cut) };
}
