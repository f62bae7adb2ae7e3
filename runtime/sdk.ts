/** Pulumi's modules as loaded by its SDK: services and credentials do not work with another copy of grpc. */
import { createRequire } from "node:module";
import type * as Grpc from "@grpc/grpc-js";

export const fromSdk = createRequire(createRequire(import.meta.url).resolve("@pulumi/pulumi/package.json"));

export const grpc: typeof Grpc = fromSdk("@grpc/grpc-js");
