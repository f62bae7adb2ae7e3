/** Pulumi's modules as loaded by its SDK: services and credentials do not work with another copy of grpc. */
import type * as Grpc from "@grpc/grpc-js";
import { fromSdk } from "../provider/resources/sdk.js";

export const grpc: typeof Grpc = fromSdk("@grpc/grpc-js");
