// SPDX-License-Identifier: Apache-2.0
package dev.trapline.syscall;

import java.util.OptionalInt;

/// Names of error numbers, as the kernel's `asm-generic/errno.h` gives them, which x86-64 and arm64
/// both use.
///
/// Includes the restart codes that never reach user space: a tracer at the syscall's exit sees them
/// where the program sees EINTR or a restarted call.
public final class Errno {
  /// The call will be restarted, or ends with EINTR, as the signal's action says.
  public static final int ERESTARTSYS = 512;

  /// The call will be restarted always.
  public static final int ERESTARTNOINTR = 513;

  /// The call will be restarted only if no handler runs.
  public static final int ERESTARTNOHAND = 514;

  /// A driver does not know the ioctl request; the program sees ENOTTY.
  public static final int ENOIOCTLCMD = 515;

  /// The call will be resumed through restart_syscall.
  public static final int ERESTART_RESTARTBLOCK = 516;

  private static final String UNKNOWN_PREFIX = "errno-";

  // From number 1 on; 41 and 58 are not in use.
  private static final String[] NAMES = {
    "EPERM", "ENOENT", "ESRCH", "EINTR", "EIO", "ENXIO",
    "E2BIG", "ENOEXEC", "EBADF", "ECHILD", "EAGAIN", "ENOMEM",
    "EACCES", "EFAULT", "ENOTBLK", "EBUSY", "EEXIST", "EXDEV",
    "ENODEV", "ENOTDIR", "EISDIR", "EINVAL", "ENFILE", "EMFILE",
    "ENOTTY", "ETXTBSY", "EFBIG", "ENOSPC", "ESPIPE", "EROFS",
    "EMLINK", "EPIPE", "EDOM", "ERANGE", "EDEADLK", "ENAMETOOLONG",
    "ENOLCK", "ENOSYS", "ENOTEMPTY", "ELOOP", "", "ENOMSG",
    "EIDRM", "ECHRNG", "EL2NSYNC", "EL3HLT", "EL3RST", "ELNRNG",
    "EUNATCH", "ENOCSI", "EL2HLT", "EBADE", "EBADR", "EXFULL",
    "ENOANO", "EBADRQC", "EBADSLT", "", "EBFONT", "ENOSTR",
    "ENODATA", "ETIME", "ENOSR", "ENONET", "ENOPKG", "EREMOTE",
    "ENOLINK", "EADV", "ESRMNT", "ECOMM", "EPROTO", "EMULTIHOP",
    "EDOTDOT", "EBADMSG", "EOVERFLOW", "ENOTUNIQ", "EBADFD", "EREMCHG",
    "ELIBACC", "ELIBBAD", "ELIBSCN", "ELIBMAX", "ELIBEXEC", "EILSEQ",
    "ERESTART", "ESTRPIPE", "EUSERS", "ENOTSOCK", "EDESTADDRREQ", "EMSGSIZE",
    "EPROTOTYPE", "ENOPROTOOPT", "EPROTONOSUPPORT", "ESOCKTNOSUPPORT", "EOPNOTSUPP", "EPFNOSUPPORT",
    "EAFNOSUPPORT", "EADDRINUSE", "EADDRNOTAVAIL", "ENETDOWN", "ENETUNREACH", "ENETRESET",
    "ECONNABORTED", "ECONNRESET", "ENOBUFS", "EISCONN", "ENOTCONN", "ESHUTDOWN",
    "ETOOMANYREFS", "ETIMEDOUT", "ECONNREFUSED", "EHOSTDOWN", "EHOSTUNREACH", "EALREADY",
    "EINPROGRESS", "ESTALE", "EUCLEAN", "ENOTNAM", "ENAVAIL", "EISNAM",
    "EREMOTEIO", "EDQUOT", "ENOMEDIUM", "EMEDIUMTYPE", "ECANCELED", "ENOKEY",
    "EKEYEXPIRED", "EKEYREVOKED", "EKEYREJECTED", "EOWNERDEAD", "ENOTRECOVERABLE", "ERFKILL",
    "EHWPOISON"
  };

  private Errno() {}

  /// The name of an error number: `EAGAIN` for 11, `errno-999` for one that is not known. Takes the
  /// positive number, as in `errno`, not the kernel's negative return value.
  public static String name(int number) {
    return switch (number) {
      case ERESTARTSYS -> "ERESTARTSYS";
      case ERESTARTNOINTR -> "ERESTARTNOINTR";
      case ERESTARTNOHAND -> "ERESTARTNOHAND";
      case ENOIOCTLCMD -> "ENOIOCTLCMD";
      case ERESTART_RESTARTBLOCK -> "ERESTART_RESTARTBLOCK";
      default ->
          number >= 1 && number <= NAMES.length && !NAMES[number - 1].isEmpty()
              ? NAMES[number - 1]
              : UNKNOWN_PREFIX + number;
    };
  }

  /// The number for a name, also for the second names EWOULDBLOCK, EDEADLOCK and ENOTSUP and for
  /// the form that [#name(int)] gives unknown ones.
  public static OptionalInt number(String name) {
    for (int i = 0; i < NAMES.length; i++) {
      if (NAMES[i].equals(name) && !name.isEmpty()) {
        return OptionalInt.of(i + 1);
      }
    }
    for (int number = ERESTARTSYS; number <= ERESTART_RESTARTBLOCK; number++) {
      if (name(number).equals(name)) {
        return OptionalInt.of(number);
      }
    }
    return switch (name) {
      case "EWOULDBLOCK" -> number("EAGAIN");
      case "EDEADLOCK" -> number("EDEADLK");
      case "ENOTSUP" -> number("EOPNOTSUPP");
      default -> unknownNumber(name);
    };
  }

  private static OptionalInt unknownNumber(String name) {
    if (!name.startsWith(UNKNOWN_PREFIX)) {
      return OptionalInt.empty();
    }
    try {
      return OptionalInt.of(Integer.parseInt(name, UNKNOWN_PREFIX.length(), name.length(), 10));
    } catch (NumberFormatException e) {
      return OptionalInt.empty();
    }
  }
}
