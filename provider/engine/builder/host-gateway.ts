import { isIP } from "node:net";
import { K2Error } from "../../shared/errors.js";
import type { Engine } from "../connection/connect.js";
import { connectionFailure } from "../connection/failure.js";
import type { BuildDefinition } from "./definition.js";
import type { GrpcClient } from "../grpc/grpc-client.js";
import { Control } from "../grpc/proto/control_pb.js";

/**
 * Returns the definition with host-gateway in `extra_hosts` replaced by the address of the engine's host. The
 * Dockerfile frontend accepts addresses only; patched engines since Docker 23 publish theirs as a label of the
 * builder's worker (moby pull request 45767).
 */
export async function withHostGateway(
  engine: Engine,
  control: GrpcClient,
  definition: BuildDefinition,
): Promise<BuildDefinition> {
  const { extra_hosts = [] } = definition;
  const asking = extra_hosts.find((entry) => isGateway.test(entry));
  if (asking === undefined) return definition;
  const address = await askWorkers(engine, control);
  if (address !== undefined)
    return {
      ...definition,
      extra_hosts: extra_hosts.map((entry) => entry.replace(isGateway, `=${address}`)),
    };
  throw new K2Error(
    "unsupported",
    `build.extra_hosts "${asking}": this engine's builder does not report the address`,
    {
      at: engine.host.name,
      hint: "Write the address that the engine's host has on its bridge.",
    },
  );
}

const isGateway = /=host-gateway$/;
const label = "org.mobyproject.buildkit.worker.moby.host-gateway-ip";

async function askWorkers(engine: Engine, control: GrpcClient): Promise<string | undefined> {
  const answer = await control.unary(Control.method.listWorkers, {}).catch((error: unknown) => {
    throw connectionFailure(engine.host, error);
  });
  // Docker 25.0.0 reports "<nil>".
  return answer.record.flatMap(({ labels }) => labels[label] ?? []).find((address) => isIP(address) !== 0);
}
