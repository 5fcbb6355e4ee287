/// What a host must offer for a step. Each is found out by trying it, once a run.
package enum Need: String, CaseIterable, Sendable {
    /// The image that lessons use: the host's own busybox.
    case image
    /// Containers of isolab's runtime, as this user.
    case containers
    /// Limits of memory, processes and processor time.
    case limits
    /// Guests, with hardware virtualisation or without.
    case guests

    /// What must be there before it is worth trying.
    package var presupposes: [Need] {
        switch self {
        case .image, .guests: []
        case .containers: [.image]
        case .limits: [.containers]
        }
    }

    /// The shell line that tries it: where it fails, its last line is the reason.
    package var trial: String {
        switch self {
        case .image: "isolab image bootstrap busybox"
        case .containers: "isolab run --rm busybox true"
        case .limits: "isolab run --rm --memory 64m --pids-limit 64 --cpus 0.5 busybox true"
        case .guests:
            // Booting one would take longer than the step.
            """
            lanes=$(isolab lanes)
            echo "$lanes" | grep '^✓ vm ' || { echo "$lanes" | sed -n 's/^✗ vm  *//p'; exit 1; }
            """
        }
    }

    /// What is missing, in words.
    package var words: String {
        switch self {
        case .image: "an image of busybox"
        case .containers: "containers"
        case .limits: "limits of memory, processes and processor time"
        case .guests: "guests"
        }
    }

    /// Seconds.
    package var patience: Int { 60 }
}
