import type { Naming } from "../../compose/types.js";
import type { Rolling } from "./update-policy.js";

export interface DesiredService {
  project: string;
  service: string;
  host: string;
  naming: Naming;
  containerName?: string;
  replicas: number;
  configHash: string;
  /** Of the contents of configs, secrets and uploads; absent where there are none. */
  filesHash?: string;
  /** They are others than those of the last run: for containers that carry no hash of them. */
  filesChanged?: boolean;
  imageId: string;
  /** Engine names of the networks it must be attached to, with the id where the network is there. */
  networks: Record<string, string | undefined>;
  /** Engine names of the volumes that must be mounted. */
  volumes: string[];
  /** An exit with 0 is its goal. */
  job: boolean;
  /** It has a healthcheck of its own, from the file or the image. */
  healthcheck: boolean;
  rolling: Rolling;
  /** It has a health_check: a replacement must pass it before the next one is made. */
  probe: boolean;
  forceRecreate: boolean;
  noRecreate: boolean;
  /** Dependencies whose containers are others now, so that ours are to be restarted: "db@a". */
  restartFor: string[];
  /** Others are in namespaces of its first container: that one is replaced last, and only if all has gone well. */
  lends: boolean;
  /** What must be well before anything starts, as printed: "redis@as healthy". */
  gates: string[];
}
