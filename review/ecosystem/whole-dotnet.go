package ecosystem

import (
	"path"
	"regexp"
	"strings"
)

// quietText knows what is in an element of MSBuild where no text in it, however deep, asks for a file: by Exists, by a
// static function other than those that compare or cut texts, or by the files of an item
// (https://learn.microsoft.com/visualstudio/msbuild/property-functions).
func quietText(value any) []string {
	switch v := value.(type) {
	case string:
		if msbuildReads.MatchString(textFunction.ReplaceAllString(v, "")) {
			return strange
		}
	case []any:
		return each(quietText)(v)
	case map[string]any:
		for _, key := range sortedKeys(v) {
			if quietText(v[key]) != nil {
				return strange
			}
		}
	}
	return nil
}

var (
	msbuildReads = regexp.MustCompile(`(?i)\bExists\s*\(|\[\s*\w[\w.]*\s*\]\s*::|@\(`)
	textFunction = regexp.MustCompile(`\[\s*(?:MSBuild\s*\]\s*::\s*(?:VersionGreaterThan|VersionLessThan|` +
		`VersionGreaterThanOrEquals|VersionLessThanOrEquals|VersionEquals|VersionNotEquals|IsOSPlatform|IsOsUnixLike|` +
		`IsTargetFrameworkCompatible|GetTargetFrameworkIdentifier|GetTargetFrameworkVersion|GetTargetPlatformIdentifier|` +
		`ValueOrDefault|Add|Subtract)|System\.String\s*\]\s*::\s*(?:IsNullOrEmpty|IsNullOrWhiteSpace|Concat|Format)|` +
		`System\.DateTime\s*\]\s*::\s*(?:Now|UtcNow)|System\.Version\s*\]\s*::\s*Parse)\b`)
)

// sdks are those of Microsoft that are part of the .NET SDK.
var sdks = regexp.MustCompile(`^Microsoft\.NET\.Sdk(?:\.(?:Web|Worker|Razor|BlazorWebAssembly))?$`)

// quiet makes a table of elements that a restore may compute but reads no file for.
func quiet(names string) table {
	t := table{}
	for _, name := range strings.Fields(names) {
		t[name] = quietText
	}
	return t
}

// msbuildProperties are properties because of which a restore reads no file
// (https://learn.microsoft.com/dotnet/core/project-sdk/msbuild-props,
// https://learn.microsoft.com/nuget/reference/msbuild-targets). Files that some of them name are read by a build.
var msbuildProperties = quiet(`Condition Label TargetFramework TargetFrameworks Nullable ImplicitUsings OutputType
	RootNamespace AssemblyName AssemblyTitle UserSecretsId DockerDefaultTargetOS DockerfileContext
	DockerComposeProjectPath DockerfileFile DockerfileTag DockerfileRunArguments LangVersion Version VersionPrefix
	VersionSuffix AssemblyVersion FileVersion InformationalVersion PackageVersion PackageId PackageTags PackageIcon
	PackageIconUrl PackageReadmeFile PackageLicenseExpression PackageLicenseFile PackageProjectUrl PackageReleaseNotes
	PackageRequireLicenseAcceptance PackageOutputPath PackageDescription Title Summary Authors Owners Company Product
	Description Copyright NeutralLanguage RepositoryUrl RepositoryType PublishRepositoryUrl EmbedUntrackedSources
	GenerateDocumentationFile DocumentationFile NoWarn WarningsAsErrors WarningsNotAsErrors WarningLevel
	TreatWarningsAsErrors CodeAnalysisTreatWarningsAsErrors MSBuildTreatWarningsAsErrors AnalysisLevel AnalysisMode
	EnableNETAnalyzers EnforceCodeStyleInBuild RunAnalyzersDuringBuild RunAnalyzers CodeAnalysisRuleSet
	InvariantGlobalization InvariantTimezone PublishAot PublishTrimmed PublishSingleFile PublishReadyToRun TrimMode
	SelfContained RuntimeIdentifier RuntimeIdentifiers RollForward IsPackable IsPublishable IsTestProject
	IsTestingPlatformApplication GeneratePackageOnBuild ServerGarbageCollection ConcurrentGarbageCollection
	TieredPGO TieredCompilation TieredCompilationQuickJitForLoops AllowUnsafeBlocks CheckForOverflowUnderflow
	DefineConstants Deterministic ContinuousIntegrationBuild DebugType DebugSymbols Optimize Platforms Platform
	PlatformTarget Configuration Configurations Prefer32Bit ManagePackageVersionsCentrally
	CentralPackageTransitivePinningEnabled CentralPackageVersionOverrideEnabled RestorePackagesWithLockFile
	RestoreLockedMode DisableImplicitFrameworkReferences DisableImplicitNuGetFallbackFolder SatelliteResourceLanguages
	PreserveCompilationContext CopyLocalLockFileAssemblies GenerateAssemblyInfo GenerateRuntimeConfigurationFiles
	GenerateTargetFrameworkAttribute EnableDefaultItems EnableDefaultCompileItems EnableDefaultContentItems
	EnableDefaultEmbeddedResourceItems SuppressTrimAnalysisWarnings EnableRequestDelegateGenerator
	EnableConfigurationBindingGenerator JsonSerializerIsReflectionEnabledByDefault UseAppHost StartupObject
	ApplicationIcon NuGetAudit NuGetAuditMode NuGetAuditLevel AccelerateBuildsInVisualStudio Features NoDefaultLaunchSettingsFile
	BlazorWebAssemblyLoadAllGlobalizationData OverrideHtmlAssetPlaceholders StaticWebAssetsEnabled AspNetCoreHostingModel
	OpenApiGenerateDocuments OpenApiDocumentsDirectory MicrosoftExtensionsVersion AspNetCoreVersion UseArtifactsOutput
	EventSourceSupport UseSystemResourceKeys IncludeSymbols SymbolPackageFormat WarnOn ErrorOnDuplicatePublishOutputFiles
	SpaRoot SpaProxyServerUrl SpaProxyLaunchCommand DefaultItemExcludes TypeScriptToolsVersion
	TypeScriptCompileBlocked AzureFunctionsVersion IsAspireHost EnableSdkContainerSupport ContainerRepository
	ContainerBaseImage ContainerImageTag ContainerImageTags ContainerPort ContainerFamily`)

// msbuildItems are items because of which a restore reads no file, and the projects of which dotnetProjects makes
// needs. Files that some of them name are read by a build.
var msbuildItems = quiet(`Condition Label PackageReference PackageVersion GlobalPackageReference PackageDownload
	ProjectReference FrameworkReference Using InternalsVisibleTo None Content Compile EmbeddedResource Folder Protobuf
	AdditionalFiles Reference EditorConfigFiles RuntimeHostConfigurationOption TrimmerRootAssembly AssemblyAttribute
	Watch NuGetAuditSuppress TypeScriptCompile Resource Service OpenApiReference ContainerPort ContainerEnvironmentVariable
	ContainerLabel SupportedPlatform Analyzer CompilerVisibleProperty`)

// lateTarget are the targets of a build that a restore does not come to.
var lateTarget = regexp.MustCompile(`^(?:\s*(?:Before|After)?(?:Build|Rebuild|Compile|CoreCompile|Publish|Clean|Pack|` +
	`PrepareForBuild|PrepareForPublish|ComputeFilesToPublish|ComputeResolvedFilesToPublishList|PreBuildEvent|` +
	`PostBuildEvent|VSTest|Test)\s*;?)+$`)

// msbuildKeys are the keys of a project
// (https://learn.microsoft.com/visualstudio/msbuild/msbuild-project-file-schema-reference).
var msbuildKeys = table{
	"Sdk": text(sdks), "ToolsVersion": inert, "DefaultTargets": inert, "#": matching(regexp.MustCompile(`^$`)),
	"PropertyGroup": tags(msbuildProperties), "ItemGroup": tags(msbuildItems), "ProjectExtensions": inert,
	"Choose": tags(table{"When": tags(msbuildBranch), "Otherwise": tags(msbuildBranch)}),
	"Target": tags(table{"Name": ownTarget, "BeforeTargets": text(lateTarget), "AfterTargets": text(lateTarget),
		"*": inert}),
}

// ownTarget knows the names of targets that take the place of none of a restore's.
func ownTarget(value any) []string {
	if text(restoreTarget)(value) == nil {
		return strange
	}
	return nil
}

var restoreTarget = regexp.MustCompile(`(?i)restore|nuget|collect|reference|^_|^\s*$`)

var msbuildBranch = table{"Condition": quietText, "PropertyGroup": tags(msbuildProperties),
	"ItemGroup": tags(msbuildItems)}

// msbuildWhole reads a project, or a file that MSBuild adds to all projects below it.
func msbuildWhole(r Reader, data []byte, c Call) []Doubt {
	all := wholeXML("Project", msbuildKeys)(r, data, c)
	for _, name := range []string{c.File + ".user", "Directory.Build.rsp", "MSBuild.rsp"} {
		if r.Exists(name) {
			all = append(all, Doubt{"%s does not make the install read further files", []any{name}})
		}
	}
	for dir, n := "..", 0; n < 10; dir, n = path.Join(dir, ".."), n+1 {
		if r.Exists(path.Join(dir, "Directory.Build.rsp")) {
			all = append(all, Doubt{"%s does not make the install read further files", []any{"Directory.Build.rsp"}})
			break
		}
	}
	return all
}

// solutionLine are the lines of a .sln that dotnetProjects asks for, and those that name no file to read
// (https://learn.microsoft.com/visualstudio/extensibility/internals/solution-dot-sln-file).
var solutionLine = regexp.MustCompile(`^(?:Microsoft Visual Studio Solution File, .*|VisualStudioVersion = [\d.]+|` +
	`MinimumVisualStudioVersion = [\d.]+|` +
	`Project\("\{[\w-]+\}"\) = "[^"]*", "[^"$*]+\.(?:cs|fs|vb)proj", "\{[\w-]+\}"|` +
	`Project\("\{2150E333-8FDC-42A3-9474-1A3956D46DE8\}"\) = "[^"]*", "[^"]*", "\{[\w-]+\}"|EndProject|` +
	`(?:ProjectSection\((?:SolutionItems|ProjectDependencies)\)|GlobalSection\(\w+\)) = \w+|End(?:ProjectSection|` +
	`GlobalSection)|Global|EndGlobal|[^="]+ = [^="]+)$`)

// solutionWhole reads a .sln. MSBuild adds files of certain names to it
// (https://learn.microsoft.com/visualstudio/msbuild/customize-solution-build).
func solutionWhole(r Reader, data []byte, c Call) []Doubt {
	all := wholeLines("#", solutionLine)(r, data, c)
	for _, name := range []string{"before." + c.File + ".targets", "after." + c.File + ".targets",
		"Directory.Build.rsp"} {
		if r.Exists(name) {
			all = append(all, Doubt{"%s does not make the install read further files", []any{name}})
		}
	}
	return all
}

// slnxKeys are the elements of a .slnx; dotnetProjects asks for the projects.
var slnxKeys = table{"Configurations": inert, "Properties": inert, "Project": tags(slnxProject),
	"Folder": tags(table{"Name": inert, "File": inert, "Project": tags(slnxProject)})}

var slnxProject = table{"Path": text(regexp.MustCompile(`\.(?:cs|fs|vb)proj$`)), "Id": inert, "Type": inert,
	"DisplayName": inert, "BuildDependency": inert, "BuildType": inert, "Platform": inert, "Build": inert,
	"Deploy": inert}

// nugetKeys are the settings of NuGet that name no file
// (https://learn.microsoft.com/nuget/reference/nuget-config-file).
var nugetKeys = table{
	"packageSources": tags(nugetAdd(table{"key": inert, "protocolVersion": inert, "value": text(webAddress),
		"allowInsecureConnections": inert})),
	"auditSources":         tags(nugetAdd(table{"key": inert, "value": text(webAddress)})),
	"packageSourceMapping": inert, "packageSourceCredentials": inert, "disabledPackageSources": inert,
	"activePackageSource": inert, "trustedSigners": inert, "apikeys": inert, "packageRestore": inert,
	"packageManagement": inert, "solution": inert, "bindingRedirects": inert,
	"config": tags(nugetAdd(table{"value": inert, "key": text(regexp.MustCompile(`^(?i:dependencyVersion|` +
		`defaultPushSource|http_proxy(?:\.\w+)?|no_proxy|signatureValidationMode|maxHttpRequestsPerSource)$`))})),
}

// nugetAdd knows a list of settings.
func nugetAdd(t table) table { return table{"add": tags(t), "clear": inert, "remove": inert} }

// sdkKeys are the keys of a global.json (https://learn.microsoft.com/dotnet/core/tools/global-json).
var sdkKeys = table{
	"sdk":          inertKeys("version rollForward allowPrerelease errorMessage workloadVersion").read,
	"msbuild-sdks": inert, "test": inert, "$schema": inert,
}
