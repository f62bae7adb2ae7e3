type Environment = Record<string, string | undefined>;

/**
 * Variables of Pulumi and k2-compose that contain secrets of a stack, or give access to them: its decrypted
 * configuration, passphrase, backend, and the location of a run's handover.
 */
const secretVariable = /^(PULUMI_(CONFIG.*|ACCESS_TOKEN|BACKEND_URL)|K2_COMPOSE_RUN)$/;

/** The environment of a command that k2-compose starts, such as ssh, a credential helper or a `health_check`. */
export function withoutSecrets<E extends Environment>(env: E): E {
  return select(env, (name) => !secretVariable.test(name));
}

export function onlySecrets<E extends Environment>(env: E): E {
  return select(env, (name) => secretVariable.test(name));
}

function select<E extends Environment>(env: E, isWanted: (name: string) => boolean): E {
  return Object.fromEntries(Object.entries(env).filter(([name]) => isWanted(name))) as E;
}
