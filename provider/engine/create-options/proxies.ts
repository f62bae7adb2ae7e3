/** The `proxies` of docker's config.json: by engine address, or "default". */
export type Proxies = Record<string, Proxy>;

interface Proxy {
  httpProxy?: string;
  httpsProxy?: string;
  noProxy?: string;
  ftpProxy?: string;
  allProxy?: string;
}

/**
 * The variables that docker's clients add to every container's environment, overridden by its own: each in upper and
 * lower case.
 */
export function proxyEnvironment(proxies: Proxies = {}, address: string): Record<string, string> {
  const proxy = proxies[address] ?? proxies.default ?? {};
  const variables = Object.entries(names).flatMap(([name, key]) => {
    const value = proxy[key];
    return value ? [[name, value] as const, [name.toLowerCase(), value] as const] : [];
  });
  return Object.fromEntries(variables);
}

const names: Record<string, keyof Proxy> = {
  HTTP_PROXY: "httpProxy",
  HTTPS_PROXY: "httpsProxy",
  NO_PROXY: "noProxy",
  FTP_PROXY: "ftpProxy",
  ALL_PROXY: "allProxy",
};
