import { K2Error } from "../../shared/errors.js";

/** Parses the notations of "linux/arm64/v8" into the form of the engine's `?platform=`. */
export function platform(
  text: string,
  engine: { os: string; arch: string } = { os: "linux", arch: "amd64" },
): string {
  const parts = text.toLowerCase().split("/");
  const [first = "", second, third] = parts;
  if (parts.length > 3 || parts.some((part) => !/^[\w.()+-]+$/.test(part))) {
    throw new K2Error("invalid-file", `platform: invalid platform "${text}"`);
  }
  if (second !== undefined)
    return [first === "macos" ? "darwin" : first, ...architecture(second, third)].join("/");
  return systems.has(first) ? `${first}/${engine.arch}` : [engine.os, ...architecture(first)].join("/");
}

const systems = new Set(["linux", "windows", "darwin", "freebsd"]);

function architecture(name: string, variant?: string): string[] {
  const [arch = name, implied = ""] = (synonyms[name] ?? name).split("/");
  // An explicit common variant is kept; an omitted one is the default and stays omitted.
  const written = implied || (variant ?? "");
  const chosen = /^\d$/.test(written) ? `v${written}` : written;
  if (arch === "amd64" && chosen === "v1") return [arch];
  if (arch === "arm" && chosen === "v7" && variant === undefined) return [arch];
  if (arch === "arm" && chosen === "" && variant !== undefined) return [arch, "v7"];
  return chosen === "" ? [arch] : [arch, chosen];
}

const synonyms: Record<string, string> = {
  i386: "386",
  x86_64: "amd64",
  "x86-64": "amd64",
  aarch64: "arm64",
  armhf: "arm/v7",
  armel: "arm/v6",
};
