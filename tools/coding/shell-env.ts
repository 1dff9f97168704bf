// E1. A command gets what is named here or asked for by name, and nothing else of our environment: a new secret is out unasked.
// E2. Whatever looks like a secret by its name, or carries a password in an address, stays out even so.
// This keeps secrets out of `env`. It is no sandbox: a command of the same user can read /proc of this process.

const NAMES = new Set(
  (
    'PATH HOME USER LOGNAME SHELL TERM COLORTERM NO_COLOR FORCE_COLOR TZ LANG LANGUAGE TMPDIR TMP TEMP CI EDITOR PAGER ' +
    'HTTP_PROXY HTTPS_PROXY NO_PROXY ALL_PROXY NODE_ENV NODE_OPTIONS NODE_PATH NODE_EXTRA_CA_CERTS SSL_CERT_FILE SSL_CERT_DIR ' +
    'PNPM_HOME NVM_DIR VOLTA_HOME BUN_INSTALL DENO_DIR JAVA_HOME GRADLE_USER_HOME GOPATH GOROOT GOPROXY GOFLAGS GOCACHE ' +
    'CARGO_HOME RUSTUP_HOME VIRTUAL_ENV PYTHONPATH LD_LIBRARY_PATH PKG_CONFIG_PATH CC CXX MAKEFLAGS'
  ).split(' ')
)
const PREFIXES = ['LC_', 'XDG_', 'NPM_CONFIG_', 'YARN_', 'COREPACK_', 'PIP_', 'UV_', 'CONDA_', 'PLAYWRIGHT_']

const SECRET_NAME = /KEY|TOKEN|SECRET|PASSW|PASSPHRASE|CREDENTIAL|AUTH|DEPUTY_STORE/i
const PASSWORD_IN_ADDRESS = /:\/\/[^/@\s]*:[^/@\s]*@/

/** The environment of a command; `pass` are names beyond the usual ones. */
export function shellEnv(ours: NodeJS.ProcessEnv, pass: readonly string[] = []): NodeJS.ProcessEnv {
  const asked = new Set(pass)
  const passed = Object.entries(ours).filter(
    ([name, value]) => (asked.has(name) || isUsual(name)) && !isSecret(name, value)
  )
  return Object.fromEntries(passed)
}

/** Some are written in lower case as well: http_proxy, npm_config_registry. */
function isUsual(name: string): boolean {
  const upper = name.toUpperCase()
  return NAMES.has(upper) || PREFIXES.some((prefix) => upper.startsWith(prefix))
}

function isSecret(name: string, value = ''): boolean {
  return SECRET_NAME.test(name) || PASSWORD_IN_ADDRESS.test(value)
}
