/** Explains errors of the operating system: which file, whose it is, and what to do. */
import { readFileSync, statSync } from "node:fs";
import { userInfo } from "node:os";
import { dirname } from "node:path";
import { K2Error, systemCodeOf } from "../../provider/shared/errors.js";

const full = "Free some space on its file system, and run the command again.";

const meanings: Record<string, { what: string; hint?: string }> = {
  ENOSPC: { what: "no space left on the device", hint: full },
  EDQUOT: { what: "the disk quota is exceeded", hint: full },
  EROFS: { what: "the file system is read-only" },
  EACCES: { what: "permission denied" },
  EPERM: { what: "permission denied" },
  EMFILE: { what: "too many open files", hint: "Raise the limit of the shell: ulimit -n 4096" },
  ENFILE: { what: "too many open files on this machine" },
  EISDIR: { what: "this is a folder, not a file" },
  ENOTDIR: { what: "this is a file, not a folder" },
  ELOOP: { what: "a circle of symbolic links" },
  EIO: { what: "the device has an error" },
};

/** Undefined if the system did not report it, or if it points to a bug. `path`: for errors that name no file. */
export function systemFailure(error: unknown, path = pathOf(error)): K2Error | undefined {
  const code = systemCodeOf(error);
  const meaning = meanings[code];
  if (!meaning) return undefined;
  const isDenied = code === "EACCES" || code === "EPERM";
  if (isDenied && path === undefined) return undefined;
  const hint = isDenied && path !== undefined ? ownerHint(path) : meaning.hint;
  return new K2Error(isDenied ? "usage" : "engine", meaning.what, {
    ...(path !== undefined && { at: path }),
    ...(hint !== undefined && { hint }),
    cause: error,
  });
}

function pathOf(error: unknown): string | undefined {
  return error instanceof Error && "path" in error && typeof error.path === "string" ? error.path : undefined;
}

/** Names the owner of the file, or of the nearest folder that can be inspected: often root, after a run with sudo. */
function ownerHint(path: string): string | undefined {
  const owned = nearest(path);
  const own = process.getuid?.();
  if (!owned || own === undefined) return undefined;
  const belongs = `${owned.path} belongs to ${userName(owned.uid)}, and this command runs as ${userName(own)}`;
  if (owned.uid === own) return `Its mode denies it: chmod -R u+rwX ${owned.path}`;
  return `${belongs}. Run it as that user, or change the owner: sudo chown -R ${userName(own)} ${owned.path}`;
}

function nearest(path: string): { path: string; uid: number } | undefined {
  for (let current = path; ; current = dirname(current)) {
    try {
      return { path: current, uid: statSync(current).uid };
    } catch {
      if (dirname(current) === current) return undefined;
    }
  }
}

function userName(uid: number): string {
  if (uid === 0) return "root";
  try {
    const own = userInfo();
    if (own.uid === uid) return own.username;
    const line = readFileSync("/etc/passwd", "utf8")
      .split("\n")
      .find((text) => text.split(":")[2] === String(uid));
    return line?.split(":")[0] ?? String(uid);
  } catch {
    return String(uid);
  }
}
