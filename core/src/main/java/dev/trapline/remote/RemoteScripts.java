// SPDX-License-Identifier: Apache-2.0
package dev.trapline.remote;

/// What is run on a node by its shell: fixed words of POSIX sh, without single quotes and
/// backslashes, so that a login shell of any kind passes them on. The only argument is a hash.
final class RemoteScripts {
  static final String MACHINE = "trapline-machine ";
  static final String MISSING = "trapline-runtime missing";
  static final String DAMAGED = "trapline-runtime damaged";
  static final String READY = "trapline-runtime ready";
  static final String KEPT = "trapline-kept ";
  static final String BUSY = "trapline-busy";

  private static final String FOLDER =
      "umask 077; b=${XDG_CACHE_HOME:-$HOME/.cache}/trapline/runtime; ";

  /// Whether `$d` holds what its name says: the manifest by its hash, all else by the manifest.
  private static final String WHOLE =
      "w() { [ \"$(sha256sum <\"$1/MANIFEST\" 2>/dev/null | cut -c 1-64)\" = \"$h\" ]"
          + " && (cd \"$1\" && sha256sum -c --quiet --strict MANIFEST) >&2; }; ";

  /// Says what machine it is and starts the agent, or says why not.
  ///
  /// The options of Java keep it from leaving files (its performance data, crash reports) and from
  /// saying anything on the standard output.
  static final String START =
      FOLDER
          + WHOLE
          + "h=$1; d=$b/$h; echo; echo \"trapline-machine $(uname -m)\"; "
          + "if [ ! -d \"$d\" ]; then echo trapline-runtime missing; exit 0; fi; "
          + "if ! w \"$d\"; then echo trapline-runtime damaged; exit 0; fi; "
          + "exec \"$d/bin/java\" --enable-native-access=ALL-UNNAMED -XX:+UseSerialGC"
          + " -XX:TieredStopAtLevel=1 -XX:-UsePerfData -XX:+DisableAttachMechanism"
          + " -XX:+ErrorFileToStderr -XX:-CreateCoredumpOnCrash"
          + " -Xlog:disable -Xlog:all=warning:stderr"
          + " \"-Dtrapline.runtime=$d\" \"-DZstdNativePath=$d/native/libzstd-jni.so\""
          + " -cp \"$d/app/*\" dev.trapline.app.Main agent";

  /// Unpacks what comes by its input, beside the place, and renames it when it is whole.
  static final String TAKE =
      FOLDER
          + WHOLE
          + "h=$1; mkdir -p \"$b\" && cd \"$b\" || exit 1; t=.new-$h-$$; "
          + "trap \"rm -rf $t\" EXIT; trap \"exit 1\" HUP INT TERM PIPE; "
          + "mkdir $t && tar -xzf - -C $t && w $t || exit 1; "
          + "if [ -d $h ]; then if w $h; then echo trapline-runtime ready; exit 0; fi; "
          + "mv -T $h .old-$h-$$; fi; "
          + "mv -T $t $h; rm -rf .old-$h-$$; if w $h; then echo trapline-runtime ready; fi";

  /// Removes everything of ours, unless an agent runs out of it, and says what it was.
  static final String CLEAN =
      FOLDER
          + "if [ ! -d \"$b\" ]; then exit 0; fi; "
          + "for p in /proc/[0-9]*/exe; do case \"$(readlink \"$p\" 2>/dev/null)\" in"
          + " \"$b\"/*) echo trapline-busy; exit 0;; esac; done; "
          + "k=$(du -sk \"$b\" | cut -f 1); rm -rf \"$b\" && echo \"trapline-kept $k $b\"; "
          + "rmdir \"$(dirname \"$b\")\" 2>/dev/null; exit 0";

  private RemoteScripts() {}
}
