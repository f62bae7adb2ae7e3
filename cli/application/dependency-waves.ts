/** Groups services into waves in the order of their dependencies: each wave depends only on earlier ones. */

interface Dependent {
  service: string;
  dependsOn: string[];
}

/** Ignores dependencies that are not among the services; a cycle, with all that depends on it, becomes a wave of its own. */
export function waves<T extends Dependent>(services: T[]): T[][] {
  const names = new Set(services.map(({ service }) => service));
  const missing = new Map(
    services.map((one) => [
      one,
      new Set(one.dependsOn.filter((name) => names.has(name) && name !== one.service)),
    ]),
  );
  const dependents = new Map([...names].map((name): [string, T[]] => [name, []]));
  for (const [one, needed] of missing) for (const name of needed) dependents.get(name)?.push(one);
  const places = new Map(services.map((one, index) => [one, index]));
  const found: T[][] = [];
  let wave = services.filter((one) => missing.get(one)?.size === 0);
  while (wave.length > 0) {
    found.push(wave);
    for (const one of wave) missing.delete(one);
    const next = new Set<T>();
    for (const { service } of wave) {
      for (const one of dependents.get(service) ?? []) {
        const needed = missing.get(one);
        needed?.delete(service);
        if (needed?.size === 0) next.add(one);
      }
    }
    wave = [...next].sort((a, b) => (places.get(a) ?? 0) - (places.get(b) ?? 0));
  }
  return missing.size > 0 ? [...found, [...missing.keys()]] : found;
}
