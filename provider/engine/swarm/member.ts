import { memberOf, type SwarmMember } from "../../model/observed.js";
import type { Engine } from "../connection/connect.js";
import { systemInfo } from "../observe/list.js";
import { engineInfo } from "../observe/list-answers.js";

/** The membership of an engine now. */
export async function readMember(engine: Engine, signal?: AbortSignal): Promise<SwarmMember> {
  return memberOf({ engine: engineInfo(await systemInfo(engine, signal), "") });
}
