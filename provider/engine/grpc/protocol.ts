import type { DescMethod } from "@bufbuild/protobuf";

/** The gRPC status codes that are handled differently. */
export const grpcStatus = { ok: 0, unknown: 2, notFound: 5, unavailable: 14 } as const;

export class GrpcError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** "/grpc.health.v1.Health/Check" */
export function pathOf({ parent, name }: DescMethod): string {
  return `/${parent.typeName}/${name}`;
}
