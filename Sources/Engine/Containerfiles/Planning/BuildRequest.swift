package import OCI

/// What a build is asked for beside its Containerfile.
package struct BuildRequest: Equatable, Sendable {
    /// The stage that becomes the image, by name or number; nil: the last.
    package var target: String?
    /// `--build-arg`.
    package var arguments: [String: String]
    /// `--label`: of the image, above those of its instructions.
    package var labels: [String: String]
    /// What the image is for.
    package var platform: Platform
    /// Where it is built.
    package var buildPlatform: Platform
    package var network = Network.none

    /// What commands have of networks.
    package enum Network: Equatable, Sendable {
        case none
        case host
        /// One that containers are in, too.
        case shared(isInternal: Bool)
    }

    var hasNetwork: Bool { network != .none }
    /// Whether ADD may fetch; the host does that, and for a network that leads nowhere it does not.
    package var mayFetch: Bool { hasNetwork && network != .shared(isInternal: true) }

    package init(
        target: String? = nil, arguments: [String: String] = [:], labels: [String: String] = [:],
        platform: Platform = .host, buildPlatform: Platform = .host
    ) {
        self.target = target
        self.arguments = arguments
        self.labels = labels
        self.platform = platform
        self.buildPlatform = buildPlatform
    }

    /// Variables that ARG declares without a word of the caller (Docker's "Automatic platform ARGs").
    var automatic: [String: String] {
        func of(_ platform: Platform, _ prefix: String) -> [String: String] {
            [
                prefix + "PLATFORM": platform.description, prefix + "OS": platform.os,
                prefix + "ARCH": platform.architecture, prefix + "VARIANT": platform.variant ?? "",
            ]
        }
        var result = of(platform, "TARGET").merging(of(buildPlatform, "BUILD")) { $1 }
        result["TARGETSTAGE"] = target ?? "default"
        return result
    }

    /// Proxies are given to RUN without ARG and do not count for the cache (Docker's "Predefined ARGs").
    static let predefined: Set<String> = Set(
        ["HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY"].flatMap { [$0, $0.lowercased()] })
}

/// An image that a stage begins with, as far as planning needs it.
package struct BaseImage: Equatable, Sendable {
    /// What tells it from others: the digest of its configuration.
    package var id: String
    package var configuration: ImageConfiguration

    package init(id: String, configuration: ImageConfiguration) {
        self.id = id
        self.configuration = configuration
    }
}
