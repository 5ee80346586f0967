// Shows what a JVM makes of faults: StackOverflowError, on the main thread and another, and NullPointerException.
public class GuardStack {
  static int deep(int turns) { return deep(turns + 1) + 1; }

  static void overflow(String name) {
    try {
      deep(0);
    } catch (StackOverflowError error) {
      System.out.println(name + ": StackOverflowError");
    }
  }

  public static void main(String[] arguments) throws InterruptedException {
    for (int round = 0; round < 3; round++) overflow("main");
    Thread thread = new Thread(() -> overflow("thread"));
    thread.start();
    thread.join();
    String nothing = arguments.length > 0 ? "" : null;
    int caught = 0;
    for (int round = 0; round < 100000; round++) {
      try {
        nothing.length();
      } catch (NullPointerException error) {
        caught++;
      }
    }
    System.out.println(caught);
  }
}
