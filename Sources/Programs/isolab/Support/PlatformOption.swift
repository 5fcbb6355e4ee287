import Engine
import OCI

/// `--platform`
enum PlatformOption {
    static func parse(_ option: String, _ text: String) throws(OptionError) -> Platform {
        guard let platform = Platform(text) else {
            throw OptionError(option, text, "takes os/architecture or os/architecture/variant, e.g. linux/arm64")
        }
        return platform
    }
}
