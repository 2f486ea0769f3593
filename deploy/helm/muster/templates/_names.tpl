{{/* What is everything called, and by which labels is it found? */}}

{{- define "muster.name" -}}
{{- if contains "muster" .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-muster" (.Release.Name | trunc 43 | trimSuffix "-") -}}
{{- end -}}
{{- end -}}

{{- define "muster.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{ .repository }}@{{ .digest }}
{{- else -}}
{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Without a public URL, where the api is inside the cluster. */}}
{{- define "muster.publicUrl" -}}
{{- $inside := printf "http://%s-api.%s:%d" (include "muster.name" .) .Release.Namespace (int .Values.api.service.port) -}}
{{- .Values.publicUrl | default $inside -}}
{{- end -}}

{{/* By which name does Prometheus tell this installation from others? */}}
{{- define "muster.installation" -}}
{{- .Values.monitoring.installation | default (printf "%s/%s" .Release.Namespace .Release.Name) -}}
{{- end -}}

{{/* Pods of one release run as this account; preparations run before Helm has made it. */}}
{{- define "muster.serviceAccount" -}}
{{- with .Values.serviceAccount -}}
{{- .name | default (ternary (include "muster.name" $) "default" .create) -}}
{{- end -}}
{{- end -}}

{{- define "muster.migrationAccount" -}}
{{- include "muster.serviceAccount" . -}}{{- if .Values.serviceAccount.create }}-migration{{ end -}}
{{- end -}}

{{/* The host under which providers reach the api, for what leads them to it. Kubernetes takes names in
lower case alone, and no address. */}}
{{- define "muster.host" -}}
{{- $url := urlParse .Values.publicUrl -}}
{{- if not $url.host -}}
{{- fail "ingress and httpRoute lead the host of publicUrl to the api: set publicUrl, as https://scim.example.com" -}}
{{- end -}}
{{- if trimSuffix "/" $url.path -}}
{{- fail "ingress and httpRoute pass paths on unchanged: set publicUrl without a path, or make a route of your own that takes it away" -}}
{{- end -}}
{{- $host := regexReplaceAll ":[0-9]+$" $url.host "" | lower -}}
{{- if regexMatch "^[0-9.]+$|:" $host -}}
{{- fail "ingress and httpRoute need a name, not an address: set publicUrl, as https://scim.example.com" -}}
{{- end -}}
{{- $host -}}
{{- end -}}

{{/* What the pods of one release have in common; it never changes. */}}
{{- define "muster.chosen" -}}
app.kubernetes.io/name: muster
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "muster.labels" -}}
{{ include "muster.chosen" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}
