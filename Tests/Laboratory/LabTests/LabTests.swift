import Glibc
import Linux
import RunRecord
import Testing

@testable import Lab

/// Programs built beside the test product.
enum Built {
    static let directory = StandardDirectories.programs
}
