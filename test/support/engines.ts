/** The engines of a test's process. */
import { Connections, type HostRef } from "../../provider/engine/connection/connect.js";

const connections = new Connections({ env: process.env });

export const connect = (host: HostRef) => connections.engine(host);
export const closeAll = () => connections.close();
