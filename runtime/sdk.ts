/** Pulumi's own modules, as its SDK has them: with another copy of grpc its services and credentials do not fit. */
import { createRequire } from "node:module";
import type * as Grpc from "@grpc/grpc-js";

export const fromSdk = createRequire(createRequire(import.meta.url).resolve("@pulumi/pulumi/package.json"));

export const grpc = fromSdk("@grpc/grpc-js") as typeof Grpc;
