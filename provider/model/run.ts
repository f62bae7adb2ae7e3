/** Options of a run, and the fields that the contexts and the outputs of all kinds have. */
import type { Service } from "../compose/types.js";
import type { HostRef } from "./host-ref.js";

/** Options of this run, and the stack that it runs for. */
export interface Run {
  /** "organization/project/stack" */
  stack: string;
  /** The ids that the state's hosts know; none if the state is new, lost, or of an older version. */
  stackIds?: string[] | undefined;
  /** The label of new objects: the handlers' own. */
  stackId?: string | undefined;
  /** The project's folder on the operator's machine, as in docker compose's label. */
  workingDir?: string | undefined;
  /** Take over objects of another stack. */
  takeOver?: boolean;
  /** Recreate containers even if nothing changed. */
  forceRecreate?: boolean;
  /** Services that were named on the command line: only they are force-recreated. */
  named?: string[];
  /** Also recreate the dependencies of the named services. */
  recreateDependencies?: boolean;
  /** Keep containers even if their configuration changed. */
  noRecreate?: boolean;
  /** Build images even if their contexts did not change. */
  build?: boolean;
  /** Do not build: use an existing image of that name, whatever its contents. */
  noBuild?: boolean;
  /** Build options of this run, in addition to those of the files. */
  building?: Building;
  /** Overrides the pull_policy of every image. */
  pull?: "always" | "missing" | "never";
  /** Create containers without starting them. */
  noStart?: boolean;
  /** Give recreated containers empty anonymous volumes. */
  renewAnonymousVolumes?: boolean;
  /** Stop timeout in seconds; default: the container's own grace period. */
  stopTimeout?: number;
  /** Seconds to wait for a container to become healthy; default: the limit of its healthcheck. */
  waitTimeout?: number;
  /** Recreate volumes whose definition changed, empty (data is lost). */
  recreateVolumes?: boolean;
  /** Remove containers of the project whose service is in no file. */
  removeOrphans?: boolean;
  /** Do not warn of them (COMPOSE_IGNORE_ORPHANS). */
  ignoreOrphans?: boolean;
  /** The changes are a rollback after a failure elsewhere, by `rollback_config`. */
  goingBack?: boolean;
  /** `remove`: a deleted Volume resource deletes its volume. */
  volumes?: "keep" | "remove";
  /** The hosts leave the swarm that this stack has formed. */
  leaveSwarm?: boolean;
  /** Services that left the file and have hooks, as far as the state is known. */
  left?: Borrower[];
}

/** A service whose containers another service's handler stops or starts, and its hooks. */
export interface Borrower extends Pick<Service, "pre_stop" | "post_start"> {
  service: string;
}

export interface Follower extends Borrower {
  host: HostRef;
}

/** In the terms of `build:`. Not stored with the image: its recorded build contents are those of the file. */
export interface Building {
  args?: Record<string, string>;
  no_cache?: boolean;
  pull?: boolean;
  ssh?: string[];
  provenance?: string;
  sbom?: string;
  /** Bytes; only the classic builder supports it. */
  memory?: number;
}

export interface Context {
  run: Run;
  urn?: string;
  /** Paths of the inputs that Pulumi encrypts. */
  encrypted?: string[];
}

/** Fields that handlers add to the inputs, kind by kind; all of them are stored in the stack's state. */
export interface Outputs {
  /** Version of this shape: handlers read every version up to `stateSchema`. */
  schema: number;
  /** Identity of the engine that applied the resource. */
  engineId: string;
  stack: string;
  /** The last run began to change the resource and failed; absent after a run has finished it. */
  unfinished?: true;
  /** Paths of the inputs that are encrypted in state; absent in states of older versions. */
  encrypted?: string[];
}
