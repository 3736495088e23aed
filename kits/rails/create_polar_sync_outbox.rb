# db/migrate/20260101000000_create_polar_sync_outbox.rb
class CreatePolarSyncOutbox < ActiveRecord::Migration[7.1]
  def change
    create_table :polar_sync_outbox do |t|
      t.string :webhook_id, null: false, index: { unique: true }
      t.text :body, null: false
      t.integer :attempts, null: false, default: 0
      t.datetime :next_attempt_at, null: false, index: true
      t.datetime :refused_at
      t.text :error
    end
  end
end
