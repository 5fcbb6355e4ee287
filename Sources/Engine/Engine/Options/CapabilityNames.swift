import Linux

/// The kernel's names of capabilities, as configurations write them.
enum CapabilityNames {
    static var all: [String] { CapabilitySet.names }

    /// With `CAP_`, from a name with or without; nil where the kernel has no such capability.
    static func full(_ name: String) -> String? { CapabilitySet(named: name)?.memberNames.first }
}
