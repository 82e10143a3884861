# SPDX-License-Identifier: Apache-2.0
#
# What the benchmark scripts share; each begins with `. common.sh`. Not a program.
#
# A script appends one line "VARIANT VALUE" per measurement to $figures, prints its tables
# through say(), and ends with keep NAME. Everything it starts ends with it.

benchmarks=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)
trapline=$benchmarks/../trapline
command_line="benchmarks/$(basename "$0")"
[ "$#" -gt 0 ] && command_line+=" $*"
work=$(mktemp -d "${TMPDIR:-/tmp}/trapline-benchmark.XXXXXX")
figures=$work/figures
report=$work/report
background=()
: >"$figures"
: >"$report"

clean_up() {
  local pid
  for pid in ${background[@]+"${background[@]}"}; do
    kill -INT "$pid" 2>/dev/null
  done
  for pid in ${background[@]+"${background[@]}"}; do
    for _ in 1 2 3 4 5 6 7 8 9 10; do
      kill -0 "$pid" 2>/dev/null || continue 2
      sleep 0.2
    done
    kill -KILL "$pid" 2>/dev/null
  done
  rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

# refuse MESSAGE HINT: it cannot be done.
refuse() {
  printf 'error: %s\nhint: %s\n' "$1" "$2" >&2
  exit 2
}

# need COMMAND:PACKAGE...: every command, or the way to get all that lack.
need() {
  local pair missing=()
  for pair in "$@"; do
    command -v "${pair%%:*}" >/dev/null || missing+=("${pair#*:}")
  done
  [ "${#missing[@]}" -eq 0 ] && return
  refuse "these Debian packages are missing: ${missing[*]}." \
    "apt-get install -y --no-install-recommends ${missing[*]}"
}

need_root() {
  [ "$(id -u)" -eq 0 ] || refuse "this counts syscalls in the kernel, which needs root." "sudo $command_line"
}

# Builds Trapline if this is its first start, and sets jdk to the JDK that it uses.
prepare_trapline() {
  "$trapline" --help >/dev/null || refuse "./trapline does not start." "run ./trapline --help"
  # shellcheck source=/dev/null
  . "$benchmarks/../.build/stamp"
}

# read_options ARGUMENT...: sets rounds, seed, keep and, for scripts that have them, others.
# A script names its own in own_options=(name ...), each with a default in a variable of that
# name; --some-name sets some_name.
own_options=()
keep=no
read_options() {
  local name
  while [ "$#" -gt 0 ]; do
    name=${1#--}
    name=${name//-/_}
    case " rounds seed ${own_options[*]+${own_options[*]}} " in
    *" $name "*)
      [ "$#" -ge 2 ] || refuse "--$name needs a value." "see the head of $0"
      printf -v "$name" '%s' "$2"
      shift 2
      continue
      ;;
    esac
    case "$1" in
    --keep) keep=yes ;;
    -h | --help)
      sed -n '3,/^$/s/^# \{0,1\}//p' "$0"
      exit 0
      ;;
    *) refuse "there is no option $1." "$0 --help" ;;
    esac
    shift
  done
}

# shuffled SEED WORD...: the words in an order that the seed tells, one a line.
shuffled() {
  local seed=$1
  shift
  printf '%s\n' "$@" | awk -v seed="$seed" '
    { word[NR] = $0 }
    END {
      srand(seed); rand()
      for (i = NR; i > 1; i--) {
        j = 1 + int(rand() * i); held = word[i]; word[i] = word[j]; word[j] = held
      }
      for (i = 1; i <= NR; i++) print word[i]
    }'
}

# progress WORD...: on a terminal only.
progress() {
  if [ -t 2 ]; then
    printf '\r\033[K%s' "$*" >&2
  fi
}

note() {
  printf '%s %s\n' "$1" "$2" >>"$figures"
}

# Functions for awk programs: value[variant, n], count[variant] from the figures.
statistics='
  function load(file,   line, part) {
    while ((getline line < file) > 0) {
      split(line, part, " ")
      value[part[1], ++count[part[1]]] = part[2] + 0
    }
  }
  function ordered(variant, sorted,   i, j, held) {
    for (i = 1; i <= count[variant]; i++) {
      held = value[variant, i]
      for (j = i - 1; j >= 1 && sorted[j] > held; j--) sorted[j + 1] = sorted[j]
      sorted[j + 1] = held
    }
    return count[variant]
  }
  function middle(sorted, n) {
    return n % 2 ? sorted[(n + 1) / 2] : (sorted[n / 2] + sorted[n / 2 + 1]) / 2
  }
  function median(variant,   sorted, n) { n = ordered(variant, sorted); return n ? middle(sorted, n) : 0 }
  function minimum(variant,   sorted) { ordered(variant, sorted); return sorted[1] }
  function maximum(variant,   sorted, n) { n = ordered(variant, sorted); return sorted[n] }
  # 95 % bootstrap interval of the ratio of two medians, into low and high.
  function interval(above, below,   n, m, k, i, j, a, b, held, ratio) {
    srand(1); n = count[above]; m = count[below]
    for (k = 1; k <= 2000; k++) {
      for (i = 1; i <= n; i++) {
        held = value[above, 1 + int(rand() * n)]
        for (j = i - 1; j >= 1 && a[j] > held; j--) a[j + 1] = a[j]
        a[j + 1] = held
      }
      for (i = 1; i <= m; i++) {
        held = value[below, 1 + int(rand() * m)]
        for (j = i - 1; j >= 1 && b[j] > held; j--) b[j + 1] = b[j]
        b[j + 1] = held
      }
      ratio[k] = middle(a, n) / middle(b, m)
    }
    # Shell sort: 2000 are too many for the one above.
    for (held = 1000; held >= 1; held = int(held / 2))
      for (i = held + 1; i <= 2000; i++) {
        k = ratio[i]
        for (j = i - held; j >= 1 && ratio[j] > k; j -= held) ratio[j + held] = ratio[j]
        ratio[j + held] = k
      }
    low = ratio[50]; high = ratio[1950]
  }
  # What the interval says of a goal: one that it spans is neither met nor missed.
  function at_most(goal) { return high <= goal ? "met" : low > goal ? "MISSED" : "undecided" }
  function at_least(goal) { return low >= goal ? "met" : high < goal ? "MISSED" : "undecided" }
'

# from_figures PROGRAM [name=value...]: an awk program over the figures, through say().
from_figures() {
  local program=$1 settings=() setting
  shift
  for setting in "$@"; do
    settings+=(-v "$setting")
  done
  awk -v file="$figures" ${settings[@]+"${settings[@]}"} "$statistics BEGIN { load(file); $program }" | say
}

# Prints its input, and remembers it for keep.
say() {
  tee -a "$report"
}

machine() {
  local model virtual mitigations
  model=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)
  [ -n "$model" ] || model=$(uname -m)
  if grep -qw hypervisor /proc/cpuinfo; then
    virtual=yes
  elif [ -r /sys/class/dmi/id/sys_vendor ] && grep -qiE 'qemu|kvm|vmware|xen|amazon ec2|google' /sys/class/dmi/id/sys_vendor; then
    virtual=yes
  else
    virtual='not known to be'
  fi
  mitigations=$(grep -h . /sys/devices/system/cpu/vulnerabilities/* 2>/dev/null |
    sed -n 's/^Mitigation: //p' | sed 's/[;,].*//' | sort -u | paste -sd ';' | sed 's/;/; /g')
  printf -- '- CPU: %s, %s online; virtual machine: %s\n' "$model" "$(nproc --all)" "$virtual"
  printf -- '- kernel: %s %s\n' "$(uname -sr | sed 's/\([0-9]\)-.*/\1/')" "$(uname -m)"
  printf -- '- mitigations: %s\n' "${mitigations:-none}"
  printf -- '- load average at the start: %s; at the end: %s (1, 5, 15 minutes)\n' "$load_at_start" "$(cut -d ' ' -f 1-3 /proc/loadavg)"
}
load_at_start=$(cut -d ' ' -f 1-3 /proc/loadavg)

# keep NAME: writes results/NAME-DATE.md if --keep was given. $REMARK adds a line on the machine.
keep() {
  local file
  [ "$keep" = yes ] || return 0
  mkdir -p "$benchmarks/results"
  file=$benchmarks/results/$1-$(date -u +%Y-%m-%d).md
  {
    printf '# %s\n\n' "$1"
    printf -- '- command: `%s`\n- date: %s\n' "$command_line" "$(date -u '+%Y-%m-%d %H:%M UTC')"
    machine
    [ -n "${REMARK:-}" ] && printf -- '- remark: %s\n' "$REMARK"
    [ -r "$work/versions" ] && sed 's/^/- /' "$work/versions"
    printf '\n```\n'
    cat "$report"
    printf '```\n\nRaw figures, in the order measured:\n\n```\n'
    awk '{ if (!($1 in all)) order[++n] = $1; all[$1] = all[$1] " " $2 }
         END { for (i = 1; i <= n; i++) print order[i] ":" all[order[i]] }' "$figures" | fold -s -w 96
    printf '```\n'
  } >"$file"
  printf '\nkept in benchmarks/results/%s\n' "$(basename "$file")"
}
