import type { Naming } from "../../compose/types.js";
import type { ContainerHandle } from "./operations.js";
import type { Rolling } from "./update-policy.js";

/** Hooks by their index in the file. */
export interface PreStart {
  /** Run once, and only if no replica keeps running: before the first of them starts. */
  perService: number[];
  /** Run before each start of a replica. */
  perReplica: number[];
}

export interface DesiredService {
  project: string;
  service: string;
  host: string;
  naming: Naming;
  containerName?: string;
  replicas: number;
  configHash: string;
  /** Hash of the contents of configs, secrets and uploads; absent if there are none. */
  filesHash?: string;
  /** The contents differ from those of the last run: for containers without a hash of them. */
  filesChanged?: boolean;
  imageId: string;
  /** Engine names of the networks that it must be attached to, with the id if the network exists. */
  networks: Record<string, string | undefined>;
  /** Engine names of the volumes that must be mounted. */
  volumes: string[];
  /** Exit code 0 is success. */
  job: boolean;
  /** It has a healthcheck, from the file or the image. */
  healthcheck: boolean;
  rolling: Rolling;
  preStart: PreStart;
  /** It has a health_check: a replacement must pass it before the next one is created. */
  probe: boolean;
  forceRecreate: boolean;
  noRecreate: boolean;
  /** Dependencies whose containers were replaced, so that these containers are restarted: "db@a". */
  restartFor: string[];
  /** The last run did not finish, or the service moves: containers that start are monitored, as replacements are. */
  prove: boolean;
  /** Others share namespaces of its first container: that one is replaced last, and only after all others succeeded. */
  lends: boolean;
  /** Ports, addresses and names that other services give up right before a container of this one starts. */
  takes: Take[];
  /** Conditions that must hold before a container starts, as printed: "redis@as healthy". */
  gates: string[];
}

export interface Take {
  /** "port 8080" */
  what: string;
  /** The service that has it. */
  from: string;
  container: ContainerHandle;
  /** A port or an address is free once the container has stopped, a name once the container has another one. */
  by: "stop" | "rename";
}
