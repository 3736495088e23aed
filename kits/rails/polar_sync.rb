# Tells polar-sync of each user who is destroyed: a row in an outbox, in the transaction of the
# destruction, and a job that repeats it until it is taken. app/models/concerns/polar_sync.rb
#
#   class User < ApplicationRecord
#     include PolarSync
#   end
#
#   POLAR_SYNC_URL=https://bridge.example.com     POLAR_SYNC_SECRET=whsec_…
#
# Run PolarSync::SendJob every minute (config/recurring.yml, cron), so that nothing waits for the
# next deletion. Any number of them may run at once.

require "json"
require "net/http"
require "openssl"
require "securerandom"

module PolarSync
  extend ActiveSupport::Concern

  # The answers to an event that would be the same if it were sent again. Any other is the fault of
  # the way there, of the secret or of the moment: it is sent until it is taken.
  REFUSED_FOR_GOOD = [400, 409, 413, 415, 422, 431].freeze

  included do
    # Within the transaction of `destroy`. `delete` and `delete_all` call nothing.
    after_destroy { PolarSync.note_deleted(id) }
    after_destroy_commit { SendJob.perform_later }
  end

  # One event, on its way. Its id and body stay the same on each try: by the id the bridge knows a
  # repetition.
  class Event < ActiveRecord::Base
    self.table_name = "polar_sync_outbox"
  end

  def self.note_deleted(user_id)
    body = { type: "user.deleted", timestamp: Time.now.utc.iso8601(6), data: { user_id: user_id.to_s } }
    Event.create!(webhook_id: "msg_#{SecureRandom.uuid}", body: body.to_json, next_attempt_at: Time.now.utc)
  end

  # The headers of Standard Webhooks. `signatures.json` has what they must be.
  def self.headers_for(secret, webhook_id, timestamp, body)
    key = secret.delete_prefix("whsec_").unpack1("m")
    mac = OpenSSL::HMAC.digest("sha256", key, "#{webhook_id}.#{timestamp}.#{body}")
    {
      "content-type" => "application/json",
      "webhook-id" => webhook_id,
      "webhook-timestamp" => timestamp.to_s,
      "webhook-signature" => "v1,#{[mac].pack("m0")}",
    }
  end

  # Sends it once. The status it was answered with; nil: nobody answered.
  def self.post(event)
    url = URI("#{ENV.fetch("POLAR_SYNC_URL")}/events")
    headers = headers_for(ENV.fetch("POLAR_SYNC_SECRET"), event.webhook_id, Time.now.to_i, event.body)
    Net::HTTP.start(url.host, url.port, use_ssl: url.scheme == "https", open_timeout: 5, read_timeout: 10) do |http|
      http.post(url.request_uri, event.body, headers).code.to_i
    end
  rescue SystemCallError, SocketError, Timeout::Error, OpenSSL::SSL::SSLError, IOError
    nil
  end

  class SendJob < ActiveJob::Base
    def perform
      loop { break unless send_one }
    end

    private

    # The row that has been due longest. Whether there was one.
    def send_one
      Event.transaction do
        due = Event.where(refused_at: nil).where(next_attempt_at: ..Time.now.utc)
        event = due.order(:next_attempt_at, :id).lock("FOR UPDATE SKIP LOCKED").first
        return false if event.nil?

        status = PolarSync.post(event)
        if status&.between?(200, 299)
          event.destroy!
        elsif REFUSED_FOR_GOOD.include?(status)
          Rails.logger.error("polar_sync: row #{event.id} is kept, and not sent again: answered #{status}")
          event.update!(refused_at: Time.now.utc, error: "answered #{status}")
        else
          attempts = event.attempts + 1
          wait = [2.0**[attempts, 12].min, 3600].min * rand(0.8..1.2)
          event.update!(attempts:, next_attempt_at: Time.now.utc + wait, error: "answered #{status.inspect}")
        end
      end
      true
    end
  end
end
