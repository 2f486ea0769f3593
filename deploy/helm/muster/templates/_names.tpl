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
{{- .Values.monitoring.installation | default (printf "%s/%s" .Release.Namespace (include "muster.name" .)) -}}
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
