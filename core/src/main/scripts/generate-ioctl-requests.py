#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the table of ioctl requests from the kernel's headers to standard output.

    generate-ioctl-requests.py PROVENANCE NAME=INCLUDE_DIRECTORY...

Example, with the headers of arm64 unpacked from the Debian package linux-libc-dev-arm64-cross:

    generate-ioctl-requests.py "linux-libc-dev 6.1.192-2, linux-libc-dev-arm64-cross 6.1.4-1cross1" \
        x86-64=/usr/include,/usr/include/x86_64-linux-gnu arm64=arm64/usr/aarch64-linux-gnu/include \
        > core/src/main/resources/dev/trapline/syscall/ioctl-requests.tsv

Both architectures are 64-bit and little-endian, so one compiler evaluates the sizes of both.
"""
import re
import subprocess
import sys

# Header, and which of its macros are requests. Order decides which of two names comes first.
FAMILIES = [
    ("linux/kvm.h", r"KVM_(?!S390|PPC|MIPS|RISCV|XEN_HVM_CONFIG$).*"),
    ("linux/vhost.h", r"VHOST_.*"),
    ("linux/if_tun.h", r"TUN[A-Z].*"),
    ("asm/ioctls.h", r"FIO[A-Z]+"),
    ("asm/ioctls.h", r"(TC[A-Z]+2?|TIOC[A-Z]+[0-9]*)"),
    ("linux/sockios.h", r"SIOC[A-Z0-9_]+"),
    ("linux/nsfs.h", r"NS_GET_.*"),
    ("linux/fs.h", r"(BLK[A-Z]+[0-9]*|FI[A-Z]+|FS_IOC.*|FITRIM|FIDEDUPERANGE)"),
    ("linux/perf_event.h", r"PERF_EVENT_IOC_.*"),
    ("linux/timerfd.h", r"TFD_IOC_.*"),
    ("linux/userfaultfd.h", r"UFFDIO_.*"),
    ("linux/vfio.h", r"VFIO_[A-Z_0-9]+"),
    ("linux/loop.h", r"LOOP_.*"),
    ("linux/random.h", r"RND.*"),
    ("linux/seccomp.h", r"SECCOMP_IOCTL_.*"),
    ("linux/vm_sockets.h", r"IOCTL_VM_SOCKETS.*"),
    ("linux/ptp_clock.h", r"PTP_.*"),
    ("linux/ppp-ioctl.h", r"PPPIOC.*"),
]

# Structures that a header's requests take but that it does not include.
ALSO_INCLUDED = {
    "asm/ioctls.h": ["linux/serial.h", "linux/termios.h"],
    "linux/fs.h": ["linux/blktrace_api.h", "linux/fiemap.h"],
    "linux/ppp-ioctl.h": ["linux/filter.h"],
}

# Requests newer than the headers above, computed from their definition: direction, type, number, size.
NEWER = [
    ("KVM_SET_USER_MEMORY_REGION2", 0x40A0AE49),
    ("KVM_SET_MEMORY_ATTRIBUTES", 0x4020AED2),
    ("KVM_CREATE_GUEST_MEMFD", 0xC040AED4),
    ("KVM_PRE_FAULT_MEMORY", 0xC040AED5),
    ("VHOST_NEW_WORKER", 0x8004AF08),
    ("VHOST_FREE_WORKER", 0x4004AF09),
    ("VHOST_ATTACH_VRING_WORKER", 0x4008AF15),
    ("VHOST_GET_VRING_WORKER", 0xC008AF16),
    ("EPIOCSPARAMS", 0x40088A01),
    ("EPIOCGPARAMS", 0x80088A02),
]

# Macros of these headers that match but are no requests.
NOT_REQUESTS = re.compile(
    r"(.*_(MAGIC|BASE|TYPE|VERSION)|SIOC_IOC.*|SIOCDEVPRIVATE|SIOCPROTOPRIVATE|TIOCPKT_.*|TIOCM_.*"
    r"|.*(SPAPR|_EEH_|ALLOCATE_RMA).*|TIOCSER_TEMT|FS_IOC_FS.*_FL|SIOCDEVPRIVATE.*)"
)


def compiler(include_directories, source, *options):
    command = ["gcc", "-x", "c", "-nostdinc", "-w", "-fmax-errors=0", *options]
    for directory in include_directories:
        command += ["-isystem", directory]
    return subprocess.run(command + ["-"], input=source, capture_output=True, text=True)


def requests(include_directories):
    """Yields (number, name) for every macro of the families that is a constant on this architecture."""
    for header, pattern in FAMILIES:
        preamble = f"#include <linux/types.h>\n#include <linux/ioctl.h>\n#include <{header}>\n"
        for needed in ALSO_INCLUDED.get(header, []):
            preamble = f"#include <{needed}>\n" + preamble
        # The kernel's headers leave size_t to the C library.
        preamble = "typedef __SIZE_TYPE__ size_t;\n" + preamble
        macros = compiler(include_directories, preamble, "-E", "-dM").stdout
        names = []
        for name, body in re.findall(r"^#define (\w+) (.+)$", macros, re.M):
            plain_number = header in ("asm/ioctls.h", "linux/sockios.h")
            if re.fullmatch(pattern, name) and not NOT_REQUESTS.fullmatch(name):
                if plain_number or re.match(r"_IO[A-Z]*\s*\(", body):
                    names.append(name)
        names.sort()
        first_line = preamble.count("\n") + 1
        # One declaration a line: a macro that needs a structure of another architecture fails alone.
        source = preamble + "".join(
            f"enum e_{name} {{ v_{name} = (long)({name}) }};\n" for name in names
        )
        failed = compiler(include_directories, source, "-fsyntax-only").stderr
        bad = {int(line) - first_line for line in re.findall(r"<stdin>:(\d+):\d+: error", failed)}
        good = [name for index, name in enumerate(names) if index not in bad]
        for index in sorted(bad):
            if 0 <= index < len(names):
                print(f"left out, not a constant here: {names[index]}", file=sys.stderr)
        source = preamble + "".join(
            f'__asm__("#value {name} %0" :: "i" ((long)({name})));\n' for name in good
        )
        body = preamble + "void f(void) {\n" + "".join(
            f'__asm__("#value {name} %0" :: "i" ((unsigned long)({name}) & 0xfffffffful));\n' for name in good
        ) + "}\n"
        assembly = compiler(include_directories, body, "-S", "-o", "-").stdout
        for name, value in re.findall(r"#value (\w+) \$(-?\d+)", assembly):
            number = int(value) & 0xFFFFFFFF
            # Small numbers from the terminal headers are arguments of requests (TCIFLUSH, TCOOFF).
            if header != "asm/ioctls.h" or number >= 0x5000:
                yield number, name


def main():
    provenance, *architectures = sys.argv[1:]
    table = {}
    for architecture in architectures:
        name, directories = architecture.split("=", 1)
        count = 0
        for number, request in requests(directories.split(",")):
            table.setdefault(number, [])
            if request not in table[number]:
                table[number].append(request)
            count += 1
        print(f"{name}: {count} requests", file=sys.stderr)
    for request, number in NEWER:
        table.setdefault(number, [request])
    print("# SPDX-License-Identifier: Apache-2.0")
    print("# ioctl requests by number (hexadecimal), names that share one joined by |.")
    print("# Made by core/src/main/scripts/generate-ioctl-requests.py from the headers of")
    print(f"# {provenance};")
    print("# a few newer KVM, vhost and epoll requests come from the list in that script.")
    for number in sorted(table):
        print(f"{number:x}\t{'|'.join(table[number])}")


main()
