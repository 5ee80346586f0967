import Handrail
import Testing
