/// The processor and system an image is for (OCI image specification 1.1, `image-index.md`), in Go's words.
public struct Platform: Hashable, Sendable, CustomStringConvertible {
    public var architecture: String
    public var os: String
    public var osVersion: String?
    public var osFeatures: [String]
    /// E.g. `v8` of `arm64`.
    public var variant: String?

    public init(
        architecture: String, os: String = "linux", osVersion: String? = nil, osFeatures: [String] = [],
        variant: String? = nil
    ) {
        self.architecture = architecture
        self.os = os
        self.osVersion = osVersion
        self.osFeatures = osFeatures
        self.variant = variant
    }

    /// The platform this program was built for.
    public static var host: Platform {
        #if arch(x86_64)
            Platform(architecture: "amd64")
        #elseif arch(arm64)
            Platform(architecture: "arm64", variant: "v8")
        #else
            #error("no name for this processor")
        #endif
    }

    /// Reads `os/architecture[/variant]`, as `--platform` takes it; nil where it has another form.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard (2...3).contains(parts.count), parts.allSatisfy({ !$0.isEmpty }) else { return nil }
        self.init(architecture: parts[1], os: parts[0], variant: parts.count == 3 ? parts[2] : nil)
    }

    public var description: String {
        var text = "\(os)/\(architecture)"
        if let variant { text += "/\(variant)" }
        return text
    }

    /// Whether an image for `other` runs where this platform is: an absent variant fits every one, and `v8` is what arm64
    /// means without one.
    public func runs(_ other: Platform) -> Bool {
        os == other.os && architecture == other.architecture
            && (variant == nil || other.variant == nil || variant == other.variant)
    }
}

extension Platform: JSONObject {
    public static var blank: Platform { Platform(architecture: "", os: "") }

    public mutating func visit(_ members: inout some JSONMembers) throws(DocumentFault) {
        try members.required("architecture", &architecture)
        try members.required("os", &os)
        try members.text("os.version", &osVersion)
        try members.defaulted("os.features", &osFeatures)
        try members.text("variant", &variant)
    }
}
