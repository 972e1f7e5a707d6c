import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.lang.reflect.Field;
import sun.misc.Unsafe;

/** Faults NAME: a Java program that lives on faults, or dies of one. "rows": offers its null checks to the bench (rounds.h). */
public class Faults {
    static class Box {
        int value;
    }

    static int sum;
    static Box nothing;

    static void nullCheck(Box box) {
        sum += box.value;
    }

    /** Each one is a fault that the virtual machine's handler turns into an exception, once this has been compiled. */
    static int nullChecks(int count) {
        int caught = 0;
        for (int i = 0; i < count; i++) {
            try {
                nullCheck(nothing);
            } catch (NullPointerException e) {
                caught++;
            }
        }
        return caught;
    }

    static int depth;

    static void descend() {
        depth++;
        descend();
    }

    static int overflows(int count) {
        int caught = 0;
        for (int i = 0; i < count; i++) {
            try {
                descend();
            } catch (StackOverflowError e) {
                caught++;
            }
        }
        return caught;
    }

    static void writeToNull() throws Exception {
        Field field = Unsafe.class.getDeclaredField("theUnsafe");
        field.setAccessible(true);
        ((Unsafe) field.get(null)).putAddress(0, 1);
    }

    static void rows() throws Exception {
        BufferedReader orders = new BufferedReader(new InputStreamReader(System.in));
        nullChecks(20000);
        for (String line; (line = orders.readLine()) != null; ) {
            int count = (int) Double.parseDouble(line.split(" ")[1]);
            long begin = System.nanoTime();
            nullChecks(count);
            System.out.println((System.nanoTime() - begin) / (double) count);
        }
    }

    public static void main(String[] arguments) throws Exception {
        switch (arguments[0]) {
        case "live":
            System.out.println(nullChecks(100000) + " null checks");
            System.out.println(overflows(50) + " overflows");
            Thread thread = new Thread(() -> System.out.println(overflows(20) + " overflows in a thread"));
            thread.start();
            thread.join();
            break;
        case "null":
            nullChecks(1000);
            System.out.println("about to write");
            writeToNull();
            break;
        case "wait":
            System.out.println("waiting");
            Thread.currentThread().join(); // for ever: standard input may be at its end
            break;
        case "rows":
            rows();
            break;
        default:
            System.exit(99);
        }
    }
}
