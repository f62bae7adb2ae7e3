import { K2Error } from "../../shared/errors.js";
import { foreignLine } from "../../shared/foreign-text.js";
import type { HostRef } from "../../model/host-ref.js";
import type { Call } from "./call.js";
import { compareVersions } from "../../model/tables/api-version.js";

/** The newest API version that k2-compose supports. */
const newestApi = "1.51";

/** Returns the highest version that both sides support. */
export async function negotiate(
  host: HostRef,
  get: (path: string, call: Call) => Promise<unknown>,
): Promise<string> {
  const theirs = (await get("/version", { timeout: 15_000, ok: [404] })) as
    Partial<VersionAnswer> | undefined;
  if (typeof theirs?.ApiVersion !== "string")
    throw new K2Error("engine", `the server at ${host.address} is not a Docker engine`, { at: host.name });
  if (compareVersions(theirs.MinAPIVersion ?? "0", newestApi) > 0)
    throw new K2Error(
      "unsupported",
      `the engine at ${host.address} speaks API ${foreignLine(String(theirs.MinAPIVersion), 20)} and newer, k2-compose up to ${newestApi}`,
      { at: host.name, hint: "Update k2-compose." },
    );
  return compareVersions(theirs.ApiVersion, newestApi) < 0 ? theirs.ApiVersion : newestApi;
}

interface VersionAnswer {
  ApiVersion: string;
  MinAPIVersion: string;
}
