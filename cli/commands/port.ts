import { withoutContext } from "../../provider/engine/connection/endpoint.js";
import { K2Error } from "../../provider/shared/errors.js";
import { indexOption } from "../arguments/option.js";
import { defineCommand } from "../command.js";
import { outsideAddress } from "../application/display-address.js";
import { oneContainer } from "../application/one-container.js";

interface Options {
  protocol: string;
  index?: number;
}

export default defineCommand<Options>({
  args: "<service> [port]",
  options: [
    { flags: "--protocol <protocol>", does: "tcp or udp", choices: ["tcp", "udp"], default: "tcp" },
    indexOption,
  ],
  details:
    "Prints the address at which the port can be reached from this machine. If the port is bound to all addresses, it\n" +
    "is the address of the host.",
  examples: [
    ["port web 80", "print where port 80 is published, such as 10.0.0.5:8080"],
    ["port dns 53/udp", "the same for a UDP port"],
  ],

  run: async (context, { args: [name = "", port], options: { protocol, index } }) => {
    const { container, service } = await oneContainer(context, name, { index });
    const [number, protocolOf = protocol] = (port ?? "").split("/");
    const published = container.ports.filter((one) => one.public !== undefined);
    const wanted =
      port === undefined
        ? published
        : published.filter((one) => String(one.private) === number && one.protocol === protocolOf);
    if (wanted.length === 0)
      throw new K2Error(
        "not-found",
        `${container.name} publishes ${port === undefined ? "no port" : `no port ${number}/${protocolOf}`}`,
        {
          at: service.host.name,
        },
      );
    const host = await withoutContext(service.host, context.env);
    const lines = wanted.map((one) => {
      const address = `${outsideAddress(host.address, one.ip)}:${one.public}`;
      return port === undefined ? `${one.private}/${one.protocol} -> ${address}` : address;
    });
    for (const line of new Set(lines)) context.out.line(line);
  },
});
