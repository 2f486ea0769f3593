{{/* What holds for every pod and container? Nothing that they can do without. */}}

{{- define "muster.pod" -}}
automountServiceAccountToken: false
# Variables that Kubernetes makes of the names of Services would be read as settings of Muster.
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  seccompProfile: {type: RuntimeDefault}
{{- with .Values.imagePullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
volumes:
  - name: tmp
    emptyDir: {sizeLimit: 64Mi}
{{- with .Values.tls }}
{{- if or .existingSecret .existingConfigMap }}
  - name: tls
    projected:
      sources:
      {{- with .existingSecret }}
        - secret: {name: {{ . }}}
      {{- end }}
      {{- with .existingConfigMap }}
        - configMap: {name: {{ . }}}
      {{- end }}
{{- end }}
{{- end }}
{{- with .Values.extraVolumes }}
{{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* Where a value of a part is: in its Secret, or in one of its own; takes the names, and which. */}}
{{- define "muster.place" -}}
{{- $place := get .in .key -}}
{{- if kindIs "map" $place -}}
{{- toJson $place -}}
{{- else if $place -}}
{{- dict "name" .in.name "key" $place | toJson -}}
{{- else -}}
{}
{{- end -}}
{{- end -}}

{{/* The file of a password: after its key, and after its Secret too if that is one of its own. */}}
{{- define "muster.passwordFile" -}}
{{- $place := include "muster.place" . | fromJson -}}
{{- if $place.key -}}
{{- ternary $place.key (printf "%s.%s" $place.name $place.key) (eq $place.name .in.name) -}}
{{- end -}}
{{- end -}}

{{/* The passwords of a part that are not in its URLs; takes the names of its Secret. */}}
{{- define "muster.passwords" -}}
{{- $items := list }}
{{- range list "directoryDatabasePassword" "downstreamDatabasePassword" "brokerPassword" }}
{{- $of := dict "in" $ "key" . }}
{{- with include "muster.passwordFile" $of }}
{{- $place := include "muster.place" $of | fromJson }}
{{- $item := dict "key" $place.key "path" . }}
{{- $items = append $items (dict "secret" (dict "name" $place.name "items" (list $item))) }}
{{- end }}
{{- end }}
{{- with $items }}
- name: passwords
  projected:
    sources: {{- toYaml . | nindent 6 }}
{{- end }}
{{- end -}}

{{- define "muster.container" -}}
image: {{ include "muster.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
volumeMounts:
  - {name: tmp, mountPath: /tmp}
{{- if or .Values.tls.existingSecret .Values.tls.existingConfigMap }}
  - {name: tls, mountPath: /etc/muster/tls, readOnly: true}
{{- end }}
{{- with .Values.extraVolumeMounts }}
{{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* The whole volume is mounted: Kubernetes exchanges no file that is mounted by itself. */}}
{{- define "muster.passwordMount" -}}
{{- if include "muster.passwords" . }}
- {name: passwords, mountPath: /etc/muster/passwords, readOnly: true}
{{- end }}
{{- end -}}

{{/* A process shows how it is on a port of its own, from before it opens its databases. */}}
{{- define "muster.probes" -}}
startupProbe:
  httpGet: {path: /livez, port: metrics}
  periodSeconds: 2
  timeoutSeconds: 2
  failureThreshold: 30
livenessProbe:
  httpGet: {path: /livez, port: metrics}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
readinessProbe:
  httpGet: {path: /readyz, port: metrics}
  periodSeconds: 5
  timeoutSeconds: 5
  failureThreshold: 2
{{- end -}}

{{- define "muster.settings" -}}
- {name: MUSTER_LOG_FORMAT, value: json}
- {name: MUSTER_PUBLIC_URL, value: {{ include "muster.publicUrl" . | quote }}}
- {name: MUSTER_METRICS_HOST, value: {{ .Values.listen | quote }}}
- {name: MUSTER_METRICS_PORT, value: "9464"}
{{- range $name, $value := .Values.settings }}
- {name: {{ $name }}, value: {{ $value | toString | quote }}}
{{- end }}
{{- range .Values.extraEnv }}
{{- if hasPrefix "MUSTER_" .name }}
{{- fail (printf "extraEnv is for variables of others: %s belongs to settings, or a Secret of the part has it" .name) }}
{{- end }}
{{- end }}
{{- with .Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* A URL that is in a Secret, and the file of its password if that is in a key of its own; takes the
setting, the names of the Secret, and which. */}}
{{- define "muster.secret" -}}
- name: {{ .setting }}
  valueFrom:
    secretKeyRef: {{ include "muster.place" . }}
{{- with include "muster.passwordFile" (dict "in" .in "key" (replace "Url" "Password" .key)) }}
- {name: {{ replace "_URL" "_PASSWORD_FILE" $.setting }}, value: /etc/muster/passwords/{{ . }}}
{{- end }}
{{- end -}}

{{/* Pods of one part keep away from each other where they can. A constraint with a selector of its own
stays as it is: Kubernetes refuses a key that is in the selector as well. */}}
{{- define "muster.spread" -}}
topologySpreadConstraints:
{{- range .root.Values.topologySpreadConstraints }}
  - {{- toYaml . | nindent 4 }}
    {{- if not (hasKey . "labelSelector") }}
    labelSelector:
      matchLabels:
        {{- include "muster.chosen" $.root | nindent 8 }}
        app.kubernetes.io/component: {{ $.component }}
    {{- end }}
    {{- if not (or (hasKey . "labelSelector") (hasKey . "matchLabelKeys")) }}
    matchLabelKeys: [pod-template-hash]
    {{- end }}
{{- else }} []
{{- end }}
{{- end -}}
