import Linux
import OCI

/// The places in which an image keeps data (`VOLUME`), as far as nothing of the user's is mounted there.
///
/// As long as there are no volumes, each is a directory of the container's own, with what the image has there; in memory where
/// the root is read-only, for a volume can be written to all the same.
struct ImageVolumes: Equatable, Sendable {
    let paths: [String]

    /// - Parameter mounts: the places of what the user mounts: a volume at or below one is that one's affair.
    init(_ image: ImageConfiguration, mounts: [String]) {
        // What every container has there is no place for data.
        let kept = mounts + ["/dev", "/proc", "/sys"]
        paths = image.execution.volumePaths.filter { path in
            !kept.contains { $0 == path || path.starts($0 + "/") }
        }
    }

    /// In memory, beginning with what is there.
    var mounts: [RuntimeConfiguration.Mount] {
        paths.map {
            RuntimeConfiguration.Mount(
                destination: $0, type: "tmpfs", source: "tmpfs", options: ["nosuid", "nodev", "tmpcopyup"])
        }
    }
}

extension RunOptions {
    func imageVolumes(of image: ImageConfiguration) -> ImageVolumes {
        ImageVolumes(image, mounts: volumes.map(\.target) + temporaryMounts.map(\.target))
    }
}
