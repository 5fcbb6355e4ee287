/// What is released: all programs have one version.
package enum Release {
    /// As manifests, `--version` and requests to registries give it.
    package static let version = "0.1.0"
}
