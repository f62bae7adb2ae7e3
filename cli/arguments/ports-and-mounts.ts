/** Parses ports and mounts of the command line. */
import { resolve } from "node:path";
import type { Mount, Port } from "../../provider/compose/types.js";
import { K2Error } from "../../provider/shared/errors.js";

/** "80", "8080:80", "127.0.0.1:8080:80/udp" */
export function readPort(text: string): Port {
  const [, ip, published, target, protocol = "tcp"] =
    /^(?:(?:\[?([^\]]*?)\]?:)?(\d+(?:-\d+)?)?:)?(\d+)(?:\/(tcp|udp|sctp))?$/.exec(text) ?? [];
  if (target === undefined) throw new K2Error("usage", `invalid port "${text}": use a form such as 8080:80`);
  return {
    target: Number(target),
    protocol,
    mode: "ingress",
    ...(published && { published }),
    ...(ip && { host_ip: ip }),
  };
}

/** "data:/data", "./here:/there:ro"; a name is a volume of the engine, a path is a folder of the host. */
export function readVolume(text: string, directory: string): Mount {
  const [first = "", second, mode] = text.split(":");
  if (second === undefined) return { type: "volume", target: first };
  const isPath = /^[./~]/.test(first);
  return {
    type: "bind",
    source: isPath ? resolve(directory, first) : first,
    target: second,
    ...(mode?.split(",").includes("ro") && { read_only: true }),
    ...(isPath && { bind: { create_host_path: true } }),
    ...(!isPath && { type: "volume" as const }),
  };
}

/** The command to run, without a leading --, which other tools require. */
export function commandWords(words: string[]): string[] {
  return words[0] === "--" ? words.slice(1) : words;
}
