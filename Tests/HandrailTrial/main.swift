// Shows: programs that use Handrail, one a word of the command line.
import Handrail
print(Stack.withRoom { 7 }, Stack.room ?? -1)
