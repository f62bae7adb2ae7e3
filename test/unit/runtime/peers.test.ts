import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { endianness } from "node:os";
import { createInterface } from "node:readline";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import type { ServiceClientConstructor } from "@grpc/grpc-js";
import { fromSdk } from "../../../provider/resources/sdk.js";
import { listenOnLoopback, usersOf } from "../../../provider/shared/own-user.js";
import { grpc } from "../../../runtime/sdk.js";

const isRoot = process.getuid?.() === 0;
const notLinux = process.platform === "linux" ? false : "only Linux tells the user of a connection";

describe(
  "the kernel's table of connections",
  { skip: endianness() === "BE" && "the table is of x86" },
  () => {
    const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 11 1 0 100 0 0 10 0
   1: 0100007F:C001 0100007F:1F90 01 00000000:00000000 00:00000000 00000000  1001        0 12 1 0 20 4 30 10 -1
   2: 0100007F:1F90 0100007F:C001 01 00000000:00000000 00:00000000 00000000  1000        0 13 1 0 20 4 30 10 -1
   3: 0100007F:C002 0100007F:1F90 05 00000000:00000000 00:00000000 00000000     0        0 0 1 0 20 4 30 10 -1
   4: 0100007F:C003 0100007F:1F90 01 00000000:00000000 00:00000000 00000000     0        0 0 1 0 20 4 30 10 -1
   5: 0100007F:C004 0200007F:1F90 01 00000000:00000000 00:00000000 00000000  1000        0 16 1 0 20 4 30 10 -1
`;
    const peer = (from: number) => usersOf(table, { from, to: 0x1f90 });

    it("must give the user at the other end of a connection, not at our own", () => {
      assert.deepEqual(peer(0xc001), [1001]);
    });

    it("must give no user for a closed socket, whose user is shown as 0", () => {
      assert.deepEqual([peer(0xc002), peer(0xc003)], [[], []]);
    });

    it("must give no user for a connection to another address or from another port", () => {
      assert.deepEqual([peer(0xc004), peer(0xc005)], [[], []]);
    });
  },
);

describe("the port of the runtime", { skip: notLinux }, () => {
  let child: ChildProcess;
  let port = 0;
  before(async () => {
    const main = fileURLToPath(import.meta.resolve("../../../runtime/main.js"));
    const listening = await listenOnLoopback();
    assert.ok(listening);
    child = spawn(process.execPath, [main, "program=/nothing.js", "handlers"], {
      stdio: ["pipe", "pipe", "ignore", listening.descriptor],
    });
    listening.close();
    assert.ok(child.stdout);
    ({ port } = listening);
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    assert.equal((await lines.next()).value, "loaded");
  });
  after(async () => {
    const ended = once(child, "exit");
    child.kill();
    await ended;
  });

  it("must answer its own user, and run only the program of its arguments, once", async () => {
    const { LanguageRuntimeClient }: Record<string, ServiceClientConstructor> = fromSdk(
      "@pulumi/pulumi/proto/language_grpc_pb.js",
    );
    const { RunRequest }: { RunRequest: new () => Request } = fromSdk("@pulumi/pulumi/proto/language_pb.js");
    assert.ok(LanguageRuntimeClient);
    const client = new LanguageRuntimeClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
    const request = new RunRequest();
    request.setPwd("/tmp");
    request.setProgram("of-the-caller.js");
    request.setMonitorAddress("127.0.0.1:1");
    const run = () =>
      new Promise<string>((resolve) =>
        client.run!(request, (error: Error | null) => resolve(error?.message ?? "answered")),
      );
    const both = await Promise.all([run(), run()]);
    client.close();
    assert.deepEqual(both.sort(), ["9 FAILED_PRECONDITION: the program has been run", "answered"]);
  });

  it(
    "must close the connection of another user before it answers",
    { skip: !isRoot && "needs root" },
    async () => {
      assert.deepEqual([await greeting(0), await greeting(65534)], [9, 0]);
    },
  );

  /** The number of bytes that a user receives after sending the start of HTTP/2. */
  async function greeting(uid: number): Promise<number> {
    const script = `exec 3<>/dev/tcp/127.0.0.1/${port} || exit 1
printf 'PRI * HTTP/2.0\\r\\n\\r\\nSM\\r\\n\\r\\n\\0\\0\\0\\4\\0\\0\\0\\0\\0' >&3
head -c 9 <&3 | wc -c`;
    const bash = spawn("bash", ["-c", script], {
      uid,
      gid: uid,
      cwd: "/",
      stdio: ["ignore", "pipe", "ignore"],
    });
    let text = "";
    bash.stdout.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
    await once(bash, "close");
    return Number(text);
  }
});

interface Request {
  setPwd(path: string): void;
  setProgram(name: string): void;
  setMonitorAddress(address: string): void;
}
