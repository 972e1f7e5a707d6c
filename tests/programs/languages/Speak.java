import java.util.logging.Logger;

class Speak {
	static void inner()
	{
		throw new IllegalStateException("stack trace 6");
	}

	public static void main(String[] arguments)
	{
		System.out.println("println 1");
		System.out.printf("printf %d%n", 2);
		System.err.println("standard error 3");
		Logger.getLogger("speak").warning("logger 4");
		System.out.write('5');
		System.out.println();
		System.out.println("long " + "x".repeat(9000));
		inner();
	}
}
