// What is known of programs. The lists are of what makes a command do more than it says: a program that is in none of them
// is taken at its word.

const words = (text: string): ReadonlySet<string> => new Set(text.split(/\s+/).filter(Boolean))

/** They start what their arguments, or their input, name. */
export const STARTERS = words(`
  env command nohup time timeout gtimeout nice stdbuf sudo doas su runuser pkexec gosu xargs parallel watch entr strace ltrace gdb lldb flock chroot unshare nsenter
  setpriv ssh mosh rsh telnet scp sftp busybox toybox script scriptreplay caffeinate npx bunx pnpx uvx pipx dlx nc ncat netcat
  socat at batch crontab systemd-run daemonize start-stop-daemon tmux screen expect unbuffer dbus-run-session faketime proot
  firejail bwrap chpst setsid ionice chrt taskset numactl cpulimit torsocks proxychains direnv nix-shell nix vipw
  vi vim nvim view ex ed emacs nano pico less more most man info
  dash.exe bash.exe cmd cmd.exe wsl wsl.exe powershell powershell.exe
`)

/** They change what the shell does with what comes after them. */
export const SHELL_CHANGERS = words(`
  eval source . trap alias unalias shopt set enable hash bind complete compgen compopt builtin fc history read mapfile
  readarray getopts let declare typeset export local readonly unset coproc exec wait suspend
`)

/** They run programs written in a language: the file that is named first, or what an option or the input has. */
export const INTERPRETERS = words(`
  sh bash dash zsh ksh mksh fish csh tcsh rbash ash pwsh
  python python2 python3 pypy pypy3 ipython node nodejs deno bun tsx ts-node perl ruby irb php lua luajit tclsh wish expect
  Rscript R julia ghci runghc elixir erl iex scala groovy jshell java osascript awk gawk mawk nawk sqlite3 psql mysql
  m4 bc dc octave guile sbcl racket clojure bb emacsclient jq.exe make gmake
`)

/** Their programs are taken from any argument, not from a file that is named first. */
export const SCRIPTED_BY_ARGUMENT = words('awk gawk mawk nawk sqlite3 psql mysql bc dc m4 make gmake')

/** They write, read or do nothing with names of files: what they are told may be anything. */
export const WITHOUT_FILES = words(
  'echo printf true false : test [ [[ pwd date sleep kill whoami id uname seq expr basename dirname'
)

/** Without options they start the command behind them and add nothing. */
export const TRANSPARENT = words('command nohup time')

/** Options with which a program starts others, or is told to by a file. GNU takes long ones shortened, so do we. */
export const STARTING_OPTIONS: Readonly<Record<string, readonly string[]>> = {
  git: [
    '-c',
    '-C',
    '-O',
    '-x',
    '--exec',
    '--exec-path',
    '--config-env',
    '--git-dir',
    '--work-tree',
    '--upload-pack',
    '--receive-pack',
    '--open-files-in-pager',
    '--ext-diff',
    '--textconv',
    '--extcmd',
    '--output',
    '--template',
    '--upload-archive',
    '--namespace'
  ],
  find: ['-exec', '-execdir', '-ok', '-okdir', '-delete', '-fprint', '-fprint0', '-fprintf', '-fls', '-files0-from'],
  fd: ['-x', '-X', '--exec', '--exec-batch'],
  fdfind: ['-x', '-X', '--exec', '--exec-batch'],
  rg: ['--pre', '--hostname-bin', '-z', '--search-zip'],
  tar: [
    '-I',
    '-F',
    '--to-command',
    '--use-compress-program',
    '--checkpoint-action',
    '--rsh-command',
    '--rmt-command',
    '--info-script',
    '--new-volume-script'
  ],
  zip: ['-T', '-TT', '--unzip-command'],
  rsync: ['-e', '--rsh', '--rsync-path'],
  sort: ['-o', '--output', '--compress-program', '-T', '--files0-from'],
  split: ['--filter'],
  sed: ['-i', '-f', '--in-place', '--file'],
  gcc: ['-wrapper', '-specs', '-fplugin', '-B'],
  cc: ['-wrapper', '-specs', '-fplugin', '-B'],
  go: ['-exec', '-toolexec', '-overlay', '-C'],
  cargo: ['--config', '-Z', '-C'],
  curl: ['-K', '--config', '-o', '-O', '--output', '--remote-name', '-T', '--upload-file', '--engine'],
  wget: ['-e', '--execute', '--use-askpass', '-O', '--output-document', '-P', '-i', '--post-file', '--body-file'],
  npm: ['--script-shell', '--node-options', '--prefix', '-C', '--userconfig', '--globalconfig', '--git'],
  pip: ['--config-settings', '--python'],
  docker: ['-v', '--volume', '--mount', '--privileged', '--entrypoint', '-H', '--host'],
  kubectl: ['--kubeconfig'],
  diff: ['--output'],
  date: ['-f', '--file', '-s', '--set'],
  tee: ['--output-error'],
  file: ['-C', '-m'],
  openssl: ['-engine', '-provider'],
  ip: ['-b', '-batch'],
  ln: [],
  nmap: ['--script', '-oN', '-oX'],
  test: ['-v'],
  '[': ['-v'],
  printf: ['-v']
}

/** Words that make a program start others, or change how it will, wherever they stand among its first ones. */
export const STARTING_SUBCOMMANDS: Readonly<Record<string, ReadonlySet<string>>> = {
  git: words(
    'config submodule filter-branch bisect difftool mergetool daemon send-email credential alias hook maintenance instaweb gui citool p4 svn'
  ),
  npm: words('exec x explore config set edit init create'),
  pnpm: words('exec dlx config create'),
  yarn: words('exec dlx config create node'),
  bun: words('x exec create'),
  go: words('generate tool'),
  docker: words('exec run'),
  podman: words('exec run'),
  kubectl: words('exec run debug cp'),
  ip: words('netns vrf'),
  poetry: words('run shell'),
  pipenv: words('run shell'),
  uv: words('run tool'),
  conda: words('run'),
  bundle: words('exec'),
  rustup: words('run'),
  mise: words('exec x'),
  asdf: words('exec'),
  nvm: words('exec run')
}

/** They read files and print, whatever options they get: nothing is changed and nothing is sent. */
export const LOOKING = words(`
  cat head tail ls pwd wc stat du df nl cut tr comm cmp diff grep egrep fgrep rg basename dirname realpath readlink
  echo printf true false : test [ [[ cd pushd popd whoami id uname
`)

/** The same of some subcommands, where what they are told with options to do more is opaque. */
export const LOOKING_SUBCOMMANDS: Readonly<Record<string, ReadonlySet<string>>> = {
  git: words('status diff log show blame ls-files rev-parse describe shortlog')
}

/** Of these the program text is read by itself: `s/a/b/`, `10,20p`. */
export const HARMLESS_SED =
  /^(?:(?:\d+|\$)(?:,(?:\d+|\$|\+\d+))?[pdq=]|s(?<mark>[/|#,])[^\n/|#,]*\k<mark>[^\n/|#,]*\k<mark>[gpiI\d]*)$/
