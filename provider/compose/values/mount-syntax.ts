/** The short syntax of a service's volumes: [source:]target[:options]. */
import path from "node:path/posix";

interface ShortMount {
  type: "bind" | "volume";
  source?: string;
  target: string;
  read_only?: true;
  bind?: Record<string, unknown>;
  volume?: Record<string, unknown>;
}

const propagations = new Set(["rprivate", "private", "rshared", "shared", "rslave", "slave"]);

/** Returns the reason if the mount is invalid. */
export function parseMount(spec: string): ShortMount | string {
  if (spec === "") return "is empty";
  if (spec.length <= 2) return { type: "volume", target: cleanTarget(spec) };
  const sections = split(spec);
  if (sections.includes("")) return `"${spec}" has an empty part between colons`;
  if (sections.length > 3) return `"${spec}" has too many colons`;
  const [first = "", second, optionText = ""] = sections;
  const [source, target] = second === undefined ? [undefined, first] : [first, second];
  const mount: ShortMount = {
    type: source !== undefined && isFilePath(source) ? "bind" : "volume",
    target: cleanTarget(target),
  };
  if (source !== undefined) mount.source = source;
  applyOptions(mount, optionText.split(","));
  if (mount.type === "bind") mount.bind = { ...mount.bind, create_host_path: true };
  else mount.volume ??= {};
  return mount;
}

export function cleanTarget(target: string): string {
  if (target === "") return "";
  const clean = path.normalize(target);
  return clean.length > 1 && clean.endsWith("/") ? clean.slice(0, -1) : clean;
}

/** Unknown options are ignored, as docker compose does. */
function applyOptions(mount: ShortMount, options: string[]): void {
  for (const option of options) {
    if (option === "ro") mount.read_only = true;
    else if (option === "rw") delete mount.read_only;
    else if (option === "nocopy") mount.volume = { nocopy: true };
    else if (propagations.has(option)) mount.bind = { ...mount.bind, propagation: option };
    else if (option === "z" || option === "Z") mount.bind = { ...mount.bind, selinux: option };
  }
}

/** Splits at colons, but not at that of a Windows drive, and not inside ${…}. */
function split(spec: string): string[] {
  const sections: string[] = [];
  let section = "";
  let variables = 0;
  const characters = [...spec];
  for (const [index, character] of characters.entries()) {
    if (character === "$" && characters[index + 1] === "{") variables += 1;
    else if (character === "}" && variables > 0) variables -= 1;
    else if (character === ":" && variables === 0 && !isDrive(section)) {
      sections.push(section);
      section = "";
      continue;
    }
    section += character;
  }
  return [...sections, section];
}

const isDrive = (section: string): boolean => /^\p{L}$/u.test(section);

function isFilePath(source: string): boolean {
  return /^[./~]/.test(source) || source.startsWith("\\\\") || /^\p{L}:/u.test(source);
}
