# SPDX-License-Identifier: Apache-2.0
# needs: java
# $2: an empty folder
# A JVM, with its own threads and the compiler's, that ends while others are blocked.
cat > "$2/Ends.java" <<'JAVA'
class Ends {
  public static void main(String[] arguments) throws Exception {
    for (int number = 0; number < 3; number++) {
      java.net.ServerSocket server = new java.net.ServerSocket(0);
      Thread thread = new Thread(() -> {
        try {
          server.accept();
        } catch (java.io.IOException closed) {
          return;
        }
      });
      thread.setDaemon(true);
      thread.start();
    }
    System.gc();
    Thread.sleep(50);
    System.exit(3);
  }
}
JAVA
exec java -Xmx64m "$2/Ends.java"
